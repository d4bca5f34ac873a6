// Types of the syntax tree (ESTree with TypeScript nodes), for those who read it: no other folder knows which parser made it.

export type {
  ArrowFunctionExpression, AssignmentExpression, BindingPattern, BindingRestElement, CallExpression, ChainExpression, Class, Declaration, Directive, Expression, ForOfStatement, ForStatement,
  Function, FunctionBody, IfStatement, ImportDeclaration, MemberExpression, NewExpression, Node, ObjectExpression, ObjectPattern, ParamPattern, Program,
  PropertyDefinition, ReturnStatement, Span, Statement, SwitchStatement, TaggedTemplateExpression, TSFunctionType, TSTupleElement, TSType, TSTypeParameterDeclaration, TSTypeAliasDeclaration, TSTypeReference,
  UpdateExpression, VariableDeclaration, VariableDeclarator,
} from 'oxc-parser';

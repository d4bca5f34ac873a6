// The text box with the bridge's source: numbered lines, marks on lines, diagnostics below. It compiles nothing.

import { byId, html } from './dom.ts';

export interface Note {
  readonly line: number;
  readonly column: number;
  /** `file:line:column code`. */
  readonly place: string;
  readonly message: string;
  readonly details: readonly string[];
}

type Mark = 'error' | 'drop';

const LINE_PX = 19, PADDING_PX = 8;
const IDLE_MS = 250;

export class Editor {
  readonly #text = byId('source', HTMLTextAreaElement);
  readonly #numbers = byId('numbers', HTMLElement);
  readonly #marks = byId('marks', HTMLElement);
  readonly #notes = byId('notes', HTMLElement);
  #marked: readonly { readonly line: number; readonly as: Mark }[] = [];
  #idle = 0;

  /** `changed`: some time after the last key; `submitted`: Ctrl+Enter. */
  constructor(source: string, on: { readonly changed: () => void; readonly submitted: () => void }) {
    this.#text.value = source;
    this.#text.addEventListener('input', () => {
      this.#number();
      clearTimeout(this.#idle);
      this.#idle = setTimeout(on.changed, IDLE_MS);
    });
    this.#text.addEventListener('scroll', () => this.#place());
    this.#text.addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) on.submitted(); });
    this.#number();
  }

  get source(): string {
    return this.#text.value;
  }

  set source(text: string) {
    clearTimeout(this.#idle);
    this.#text.value = text;
    this.#number();
  }

  show(notes: readonly Note[]): void {
    this.#mark('error', notes.map(n => n.line));
    this.#notes.replaceChildren(...notes.map(note => {
      const item = html('li', {}, html('button', { type: 'button' }, note.place), ` ${note.message}`, ...note.details.map(d => html('small', {}, d)));
      item.firstElementChild?.addEventListener('click', () => this.goTo(note.line, note.column));
      return item;
    }));
  }

  /** Marks the line at which a frame ended, and shows it; without one the mark goes. */
  showDrop(line: number | undefined): void {
    this.#mark('drop', line === undefined ? [] : [line]);
    if (line !== undefined) this.#scrollTo(line);
  }

  goTo(line: number, column: number): void {
    const start = this.source.split('\n').slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    this.#text.focus();
    this.#text.setSelectionRange(start, start);
    this.#scrollTo(line);
  }

  #mark(as: Mark, lines: readonly number[]): void {
    this.#marked = [...this.#marked.filter(m => m.as !== as), ...lines.map(line => ({ line, as }))];
    this.#marks.replaceChildren(...this.#marked.map(m => html('div', { class: m.as, 'data-line': m.line, style: `top: ${(m.line - 1) * LINE_PX + PADDING_PX}px` })));
  }

  #scrollTo(line: number): void {
    this.#text.scrollTop = Math.max(0, line * LINE_PX - this.#text.clientHeight / 2);
    this.#place();
  }

  #number(): void {
    this.#numbers.textContent = this.source.split('\n').map((_, at) => at + 1).join('\n');
    this.#place();
  }

  #place(): void {
    const shift = `translateY(${-this.#text.scrollTop}px)`;
    this.#numbers.style.transform = shift;
    this.#marks.style.transform = shift;
  }
}

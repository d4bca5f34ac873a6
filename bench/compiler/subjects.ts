// The functions that the compiler group compares. One line each: a subject is a file of its own.

import type { Subject } from './subject.ts';
import { bridge } from './subjects/bridge.ts';
import { firewall } from './subjects/firewall.ts';
import { echo } from './subjects/echo.ts';
import { maglev } from './subjects/maglev.ts';
import { nat44 } from './subjects/nat44.ts';
import { router } from './subjects/router.ts';
import { ratelimit } from './subjects/ratelimit.ts';

export const SUBJECTS: readonly Subject[] = [bridge, firewall, nat44, router, ratelimit, echo, maglev];

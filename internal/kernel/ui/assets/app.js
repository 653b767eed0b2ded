// Everything works without these scripts; they only spare a step.

import * as drafts from "./drafts.js";
import * as forms from "./forms.js";
import * as lists from "./lists.js";
import * as progress from "./progress.js";

// Forms first: drafts look at whether a form was stopped.
forms.start();
drafts.start();
lists.start();
progress.start();

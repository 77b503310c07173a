// Enhancements only: every page works without these files, but for shortcuts.
import "./copy.js";
import "./focus.js";
import "./messages.js";
import "./popovers.js";
import "./shortcuts.js";
import "./themes.js";

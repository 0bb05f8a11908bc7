/**
 * Tells zod not to compile parsers with `eval`, which the page's CSP forbids. Imported before
 * everything else: schemas are made while their modules load.
 */
import * as z from "zod/mini";

z.config({ jitless: true });

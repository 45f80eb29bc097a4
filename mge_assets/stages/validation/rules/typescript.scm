; What TypeScript adds to javascript.scm.
(predefined_type "any" @typescript.any)

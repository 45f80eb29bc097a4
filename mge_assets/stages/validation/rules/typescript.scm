; What TypeScript adds to javascript.scm.
(predefined_type "any" @typescript.any)
(public_field_definition name: (property_identifier) @secret.name value: (string (string_fragment) @secret.value))

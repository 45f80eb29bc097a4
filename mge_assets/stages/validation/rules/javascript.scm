; Each capture's name is a rule of javascript.json, with "_" for ".".
(call_expression function: (identifier) @javascript.eval (#eq? @javascript.eval "eval"))
(new_expression constructor: (identifier) @javascript.eval (#eq? @javascript.eval "Function"))
(assignment_expression left: (member_expression property: (property_identifier) @javascript.inner_html (#any-of? @javascript.inner_html "innerHTML" "outerHTML"))
  right: [(identifier) (call_expression) (binary_expression) (template_string (template_substitution)) (member_expression)])
(call_expression function: (member_expression object: (identifier) @object property: (property_identifier) @javascript.document_write)
  (#eq? @object "document") (#any-of? @javascript.document_write "write" "writeln"))
(variable_declaration "var" @javascript.var)
; `== null` is the idiom for "null or undefined".
(binary_expression left: (_) @left operator: ["==" "!="] @javascript.loose_equality right: (_) @right
  (#not-eq? @right "null") (#not-eq? @left "null") (#not-eq? @right "undefined"))

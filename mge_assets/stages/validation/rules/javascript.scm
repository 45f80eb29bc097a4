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
; Shell lines: child_process.exec, execSync with a text that is put together.
(call_expression function: [(identifier) @run (member_expression property: (property_identifier) @run)] (#any-of? @run "exec" "execSync")
  arguments: (arguments . [(template_string (template_substitution)) (binary_expression operator: "+")]) @javascript.shell)
(call_expression function: (member_expression property: (property_identifier) @run) (#any-of? @run "query" "execute" "raw" "$queryRawUnsafe" "$executeRawUnsafe")
  arguments: (arguments . (template_string (string_fragment) @sql (template_substitution)) @javascript.sql)
  (#match? @sql "^\\s*([Ss][Ee][Ll][Ee][Cc][Tt]|[Ii][Nn][Ss][Ee][Rr][Tt]|[Uu][Pp][Dd][Aa][Tt][Ee]|[Dd][Ee][Ll][Ee][Tt][Ee]|[Dd][Rr][Oo][Pp]|[Aa][Ll][Tt][Ee][Rr]) "))
(call_expression function: (member_expression property: (property_identifier) @run) (#any-of? @run "query" "execute" "raw")
  arguments: (arguments . (binary_expression left: (_) @sql operator: "+") @javascript.sql)
  (#match? @sql "^[\"'`]\\s*([Ss][Ee][Ll][Ee][Cc][Tt]|[Ii][Nn][Ss][Ee][Rr][Tt]|[Uu][Pp][Dd][Aa][Tt][Ee]|[Dd][Ee][Ll][Ee][Tt][Ee]|[Dd][Rr][Oo][Pp]|[Aa][Ll][Tt][Ee][Rr]) "))
(call_expression function: (identifier) @timer (#any-of? @timer "setTimeout" "setInterval") arguments: (arguments . [(string) (template_string)] @javascript.timer_text))
(pair key: (property_identifier) @key (#eq? @key "rejectUnauthorized") value: (false) @javascript.tls_off)
(assignment_expression left: (member_expression property: (property_identifier) @key) (#eq? @key "NODE_TLS_REJECT_UNAUTHORIZED") right: (_) @javascript.tls_off)
(call_expression function: (member_expression object: (identifier) @vm property: (property_identifier) @run) @javascript.vm
  (#eq? @vm "vm") (#any-of? @run "runInNewContext" "runInThisContext" "runInContext"))
(call_expression function: (member_expression property: (property_identifier) @javascript.unsafe_html) (#eq? @javascript.unsafe_html "insertAdjacentHTML")
  arguments: (arguments (_) . [(identifier) (call_expression) (binary_expression) (template_string (template_substitution)) (member_expression)]))
(new_expression constructor: (identifier) @regexp (#eq? @regexp "RegExp") arguments: (arguments . [(identifier) (member_expression) (binary_expression)]) @javascript.regexp)
(call_expression function: (member_expression property: (property_identifier) @post) (#eq? @post "postMessage")
  arguments: (arguments (_) . (string) @javascript.any_origin) (#match? @javascript.any_origin "^.[*].$"))
(assignment_expression left: (member_expression property: (property_identifier) @javascript.proto) (#eq? @javascript.proto "__proto__"))
(debugger_statement) @javascript.debugger
(catch_clause body: (statement_block . "{" . "}")) @javascript.empty_catch
; Names that are given a text: secrets.json says whether it is a secret.
(variable_declarator name: (identifier) @secret.name value: (string (string_fragment) @secret.value))
(pair key: [(property_identifier) (string)] @secret.name value: (string (string_fragment) @secret.value))
(assignment_expression left: [(identifier) (member_expression)] @secret.name right: (string (string_fragment) @secret.value))

; Tiling and complexity: decision points (one capture each is one), functions.
[
  (if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (catch_clause) (switch_case) (ternary_expression)
] @decision
["&&" "||" "??"] @decision
[
  (function_declaration) (generator_function_declaration) (function_expression) (generator_function) (arrow_function) (method_definition)
] @function

;; context
[(identifier) (shorthand_property_identifier) (type_identifier)] @use
(member_expression object: (identifier) @owner property: (property_identifier) @owned)
(member_expression object: (this) @owner property: (property_identifier) @owned)
(variable_declarator name: (identifier) @bind)
(variable_declarator name: (identifier) @valued value: (_) @value)
(shorthand_property_identifier_pattern) @bind
(pair_pattern value: (identifier) @bind)
(array_pattern (identifier) @bind)
(rest_pattern (identifier) @bind)
(assignment_expression left: (identifier) @bind @assigned)
(assignment_expression left: (object_pattern [
  (shorthand_property_identifier_pattern) @assigned
  (object_assignment_pattern left: (shorthand_property_identifier_pattern) @assigned)
  (pair_pattern value: (identifier) @assigned)
]))
(assignment_expression left: (array_pattern (identifier) @assigned))
(augmented_assignment_expression left: (identifier) @rebind)
(for_in_statement left: (identifier) @bind)
(catch_clause parameter: (identifier) @bind)
(function_declaration name: (identifier) @bind @hoisted)
(generator_function_declaration name: (identifier) @bind @hoisted)
(class_declaration name: (type_identifier) @bind)
(required_parameter pattern: (identifier) @bind)
(optional_parameter pattern: (identifier) @bind)
(required_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (identifier) @state)
(optional_parameter [(accessibility_modifier) (override_modifier) "readonly"] pattern: (identifier) @state)
(required_parameter pattern: (identifier) @typed type: (type_annotation) @written)
(optional_parameter pattern: (identifier) @typed type: (type_annotation) @written)
(variable_declarator name: (identifier) @typed type: (type_annotation) @written)
(property_signature name: [(property_identifier) (string)] @member_name type: (type_annotation) @member_type)
(method_signature name: [(property_identifier) (string)] @member_name return_type: (type_annotation) @member_type)
(interface_declaration name: (type_identifier) @bind)
(type_alias_declaration name: (type_identifier) @bind)
(enum_declaration name: (identifier) @bind)
(assignment_pattern left: (identifier) @bind)
(arrow_function parameter: (identifier) @local)
(assignment_expression left: [(member_expression) (subscript_expression)] @state)
(augmented_assignment_expression left: [(member_expression) (subscript_expression)] @state)
(update_expression argument: [(member_expression) (subscript_expression)] @state)
(update_expression argument: (identifier) @rebind)
(call_expression function: [(identifier) (member_expression) (super)] @call)
(new_expression constructor: [(identifier) (member_expression)] @call)
(import_statement) @import
(export_statement source: (_)) @import
(export_statement value: (identifier) @export)
(export_statement !source (export_clause) @export)
(variable_declarator value: (call_expression function: (identifier) @_require (#eq? @_require "require"))) @import
(return_statement) @return
(arrow_function body: (expression) @given)
(throw_statement) @raise
(yield_expression) @yield
(await_expression) @await
[(break_statement) (continue_statement)] @jump
(if_statement condition: (_) @guard consequence: [(return_statement) (throw_statement) (continue_statement)] @outcome)
(if_statement condition: (_) @guard consequence: (statement_block . [(return_statement) (throw_statement) (continue_statement)] @outcome))
(if_statement condition: (_) @branch)
[(for_statement) (for_in_statement) (while_statement) (do_statement)] @loop

;; minified
; Nodes after which a minified line may be cut, if they end in a semicolon or a brace. Single nodes only: a pattern that waits for its
; last child keeps a state for each level of nesting, and ten thousand levels took 3 s.
[
  (expression_statement) (lexical_declaration) (variable_declaration) (return_statement) (throw_statement) (statement_block) (class_body)
] @close

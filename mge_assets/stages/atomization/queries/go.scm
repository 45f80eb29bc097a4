; Tiling and complexity: decision points (one capture each is one), functions.
[
  (if_statement) (for_statement) (expression_case) (type_case) (communication_case)
] @decision
(binary_expression operator: ["&&" "||"] @decision)
[(function_declaration) (method_declaration) (func_literal)] @function

;; context
[(identifier) (type_identifier) (package_identifier)] @use
(selector_expression operand: (identifier) @owner field: (field_identifier) @owned)
(keyed_element key: (literal_element (identifier) @member))
(short_var_declaration left: (expression_list (identifier) @bind))
(short_var_declaration left: (expression_list . (identifier) @valued .) right: (expression_list . (_) @value .))
(assignment_statement left: (expression_list (identifier) @bind) operator: "=")
(assignment_statement left: (expression_list (identifier) @rebind) operator: ["+=" "-=" "*=" "/=" "%=" "&=" "|=" "^=" "<<=" ">>=" "&^="])
(assignment_statement left: (expression_list [(selector_expression) (index_expression) (unary_expression)] @state))
(inc_statement (identifier) @rebind)
(dec_statement (identifier) @rebind)
(inc_statement [(selector_expression) (index_expression)] @state)
(dec_statement [(selector_expression) (index_expression)] @state)
(send_statement) @state
(range_clause left: (expression_list (identifier) @bind))
(receive_statement left: (expression_list (identifier) @bind))
(type_switch_statement alias: (expression_list (identifier) @bind))
(var_spec name: (identifier) @bind)
(var_spec name: (identifier) @typed type: (_) @written)
(const_spec name: (identifier) @bind)
(const_spec name: (identifier) @typed type: (_) @written)
(const_spec name: (identifier) @valued value: (expression_list . (_) @value .))
(var_spec name: (identifier) @valued value: (expression_list . (_) @value .))
(parameter_declaration name: (identifier) @bind)
(parameter_declaration name: (identifier) @typed type: (_) @written)
(variadic_parameter_declaration name: (identifier) @bind)
(type_parameter_declaration name: (identifier) @local)
(function_declaration name: (identifier) @bind)
(type_spec name: (type_identifier) @bind)
(type_alias name: (type_identifier) @bind)
(field_declaration name: (field_identifier) @member_name type: (_) @member_type)
(method_elem name: (field_identifier) @member_name parameters: (_) @member_type)
(call_expression function: [(identifier) (selector_expression)] @call)
(import_spec) @import
(return_statement) @return
((call_expression function: (identifier) @_name) @raise (#eq? @_name "panic"))
[(break_statement) (continue_statement) (goto_statement) (fallthrough_statement)] @jump
(if_statement condition: (_) @guard consequence: (block (statement_list . [(return_statement) (continue_statement)] @outcome)))
(if_statement condition: (_) @branch)
(for_statement) @loop

;; minified
[(expression_statement) (block)] @close

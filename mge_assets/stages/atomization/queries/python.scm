; Tiling and complexity: decision points (one capture each is one), functions.
[
  (if_statement) (elif_clause) (for_statement) (while_statement) (except_clause)
  (conditional_expression) (boolean_operator) (for_in_clause)
] @decision
(list_comprehension (if_clause) @decision)
(set_comprehension (if_clause) @decision)
(dictionary_comprehension (if_clause) @decision)
(generator_expression (if_clause) @decision)
((case_clause . (case_pattern) @decision) (#not-eq? @decision "_"))
(function_definition) @function

;; context
(identifier) @use
(attribute attribute: (identifier) @member)
(attribute object: (identifier) @owner attribute: (identifier) @owned)
(keyword_argument name: (identifier) @member)
(assignment left: (identifier) @bind)
(augmented_assignment left: (identifier) @rebind)
(pattern_list (identifier) @bind)
(tuple_pattern (identifier) @bind)
(list_pattern (identifier) @bind)
(list_splat_pattern (identifier) @bind)
(dictionary_splat_pattern (identifier) @bind)
(for_statement left: (identifier) @bind)
(for_in_clause left: (identifier) @local)
(lambda_parameters (identifier) @local)
(as_pattern_target (identifier) @bind)
(named_expression name: (identifier) @bind)
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression) (lambda) (class_definition)] @scope
(case_pattern (dotted_name . (identifier) @bind .))
(keyword_pattern (identifier) (dotted_name . (identifier) @bind .))
(splat_pattern (identifier) @bind)
(function_definition name: (identifier) @bind)
(class_definition name: (identifier) @bind)
(parameters (identifier) @bind)
(typed_parameter (identifier) @bind)
(default_parameter name: (identifier) @bind)
(typed_default_parameter name: (identifier) @bind)
(assignment left: (identifier) @typed type: (type) @written)
(assignment left: (identifier) @valued right: (_) @value)
(assignment left: [(attribute) (subscript)] @state)
(augmented_assignment left: [(attribute) (subscript)] @state)
(delete_statement) @state
(call function: [(identifier) (attribute)] @call)
(import_statement) @import
(import_from_statement) @import
(future_import_statement) @import
(return_statement) @return
(raise_statement) @raise
(yield) @yield
(await) @await
[(break_statement) (continue_statement)] @jump
(assert_statement) @assert
[(global_statement) (nonlocal_statement)] @outer
(if_statement condition: (_) @guard consequence: (block . [(return_statement) (raise_statement) (continue_statement)] @outcome))
(if_statement condition: (_) @branch)
[(for_statement) (while_statement)] @loop

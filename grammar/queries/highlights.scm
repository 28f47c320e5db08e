; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;
; Where two patterns capture a node, the later one counts.

; Comments

(comment) @comment
(doc_comment) @comment.documentation

; Keywords

["package" "interface" "world" "type" "record" "variant" "enum" "flags" "resource"] @keyword.type
["use" "import" "export" "include"] @keyword.import
["as" "with"] @keyword
"func" @keyword.function
"async" @keyword.coroutine
"static" @keyword.modifier
"constructor" @constructor

; Types

(primitive_type) @type.builtin
["list" "option" "result" "tuple" "map" "future" "stream" "own" "borrow" "_"] @type.builtin
(named_type name: (identifier) @type)
(own_type resource: (identifier) @type)
(borrow_type resource: (identifier) @type)
(type_item name: (identifier) @type)
(record_item name: (identifier) @type)
(variant_item name: (identifier) @type)
(enum_item name: (identifier) @type)
(flags_item name: (identifier) @type)
(resource_item name: (identifier) @type)
(use_name [name: (identifier) alias: (identifier)] @type)

; Packages, interfaces, worlds

(package_name [namespace: (identifier) package: (identifier)] @module)
(path [namespace: (identifier) package: (identifier)] @module)
(path name: (identifier) @type)
(interface_item name: (identifier) @type)
(world_item name: (identifier) @type)
(toplevel_use_item alias: (identifier) @type)
(import_item name: (identifier) @type)
(export_item name: (identifier) @type)
(include_name [name: (identifier) alias: (identifier)] @variable)

; Functions

(func_item name: (identifier) @function)
(import_item name: (identifier) @function type: (func_type))
(export_item name: (identifier) @function type: (func_type))
(method name: (identifier) @function.method)
(static_method name: (identifier) @function.method)
(param name: (identifier) @variable.parameter)

; Fields and cases

(record_field name: (identifier) @property)
(variant_case name: (identifier) @constant)
(enum_case name: (identifier) @constant)
(flags_field name: (identifier) @constant)

; Gates

(since_gate ["@" "since"] @attribute)
(deprecated_gate ["@" "deprecated"] @attribute)
(unstable_gate ["@" "unstable"] @attribute)
(external_id ["@" "external-id"] @attribute)
["version" "feature"] @property
(unstable_gate feature: (identifier) @constant)

; Literals

(version) @string.special
(integer) @number
(string) @string

; Punctuation

["{" "}" "(" ")" "<" ">"] @punctuation.bracket
["," ";" ":" "." "/"] @punctuation.delimiter
["=" "->"] @operator

; Mistakes

[
  (reserved_name) (malformed_name) (malformed_version) (malformed_string) (unknown_gate)
  (invalid_character) (unterminated_comment)
] @error

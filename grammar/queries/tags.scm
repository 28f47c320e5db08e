; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

; Definitions

(package_decl name: (package_name) @name) @definition.module
(nested_package name: (package_name) @name) @definition.module

(
  (doc_comment)* @doc
  .
  (interface_item name: (identifier) @name) @definition.interface
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.interface)
)
(
  (doc_comment)* @doc
  .
  (world_item name: (identifier) @name) @definition.module
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.module)
)
(
  (doc_comment)* @doc
  .
  [
    (type_item name: (identifier) @name)
    (record_item name: (identifier) @name)
    (variant_item name: (identifier) @name)
    (enum_item name: (identifier) @name)
    (flags_item name: (identifier) @name)
  ] @definition.type
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.type)
)
(
  (doc_comment)* @doc
  .
  (resource_item name: (identifier) @name) @definition.class
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.class)
)
(
  (doc_comment)* @doc
  .
  (func_item name: (identifier) @name) @definition.function
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.function)
)
(
  (doc_comment)* @doc
  .
  [
    (method name: (identifier) @name)
    (static_method name: (identifier) @name)
    (constructor "constructor" @name)
  ] @definition.method
  (#strip! @doc "^[/*\\s]+")
  (#select-adjacent! @doc @definition.method)
)
(import_item name: (identifier) @name type: (func_type)) @definition.function
(export_item name: (identifier) @name type: (func_type)) @definition.function
(import_item name: (identifier) @name body: (interface_body)) @definition.interface
(export_item name: (identifier) @name body: (interface_body)) @definition.interface

; References

(named_type name: (identifier) @name) @reference.type
(own_type resource: (identifier) @name) @reference.class
(borrow_type resource: (identifier) @name) @reference.class
(use_name name: (identifier) @name) @reference.type
(path name: (identifier) @name) @reference.interface

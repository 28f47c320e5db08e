; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

; Scopes

[(source_file) (package_body) (interface_body) (world_body)] @local.scope

; Definitions

(type_item name: (identifier) @local.definition.type)
(record_item name: (identifier) @local.definition.type)
(variant_item name: (identifier) @local.definition.type)
(enum_item name: (identifier) @local.definition.type)
(flags_item name: (identifier) @local.definition.type)
(resource_item name: (identifier) @local.definition.type)
(use_name name: (identifier) @local.definition.import !alias)
(use_name alias: (identifier) @local.definition.import)
(interface_item name: (identifier) @local.definition.namespace)
(world_item name: (identifier) @local.definition.namespace)
(toplevel_use_item path: (path name: (identifier) @local.definition.import) !alias)
(toplevel_use_item alias: (identifier) @local.definition.import)
(func_item name: (identifier) @local.definition.function)
(param name: (identifier) @local.definition.parameter)

; References

(named_type name: (identifier) @local.reference)
(own_type resource: (identifier) @local.reference)
(borrow_type resource: (identifier) @local.reference)
(path !namespace name: (identifier) @local.reference)

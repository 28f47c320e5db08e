; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

[
  (package_body) (interface_body) (world_body) (resource_body)
  (record_body) (variant_body) (enum_body) (flags_body)
  (param_list) (use_names) (include_names)
] @fold

(comment)+ @fold
(doc_comment)+ @fold

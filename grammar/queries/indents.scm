; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;
; Neovim reads the captures with a dot, Helix those without.

[
  (package_body) (interface_body) (world_body) (resource_body)
  (record_body) (variant_body) (enum_body) (flags_body)
  (param_list) (use_names) (include_names)
] @indent.begin @indent

["}" ")"] @indent.branch @indent.end @outdent

[(comment) (doc_comment)] @indent.ignore

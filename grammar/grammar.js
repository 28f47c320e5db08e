/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * The WIT text format (component-model, design/mvp/WIT.md), for tree-sitter, ABI 14.
 *
 * Names follow the EBNF of WIT.md: `record-item` is the node `record_item`, and every part that a
 * reader needs has a field (name, type, params, result, body, path, version, attribute, ...).
 *
 * src/scan.h reads every token. A word is always the whole word: `worldly` is never `world` +
 * `ly`, in whatever state the parser is.
 *
 * Keywords as names. A keyword where only a name fits (`record type {`, `a: func(from: u32)`,
 * `borrow<u32>`) is an error, and yet the tree is whole: the name is a `reserved_name` node that
 * ends in a token which no text can contain. The parser inserts it as MISSING and goes on, so the
 * item keeps its shape, `ts_node_has_error` is true, and a front end can say what is wrong in its
 * own words. Other frequent mistakes are described alike; grammar.h lists them.
 *
 * Wider than WIT.md, because the language's reference parser accepts it: empty bodies and lists,
 * `own<T>`, gates on `use`, external ids in any order, `import a:b;` as `import a: b;`. Not a matter
 * of syntax, and so left to the front end: gates on nested packages, nesting depth, the size of a
 * list's length, upper-case package names.
 */

/* Order and spelling as in the table of src/scan.h. */
const KEYWORDS = [
  '_', 'as', 'async', 'bool', 'borrow', 'char', 'constructor', 'enum', 'error-context', 'export',
  'f32', 'f64', 'flags', 'from', 'func', 'future', 'import', 'include', 'interface', 'list', 'map',
  'option', 'own', 'package', 'record', 'resource', 'result', 's16', 's32', 's64', 's8', 'static',
  'stream', 'string', 'tuple', 'type', 'u16', 'u32', 'u64', 'u8', 'use', 'variant', 'with', 'world',
];

/* Words with a meaning inside of `@...(...)` only; names everywhere else. */
const GATE_WORDS = ['deprecated', 'external-id', 'feature', 'since', 'unstable', 'version'];

/*
 * Of several missing tokens that would do, the parser inserts the first in this order.
 */
const PUNCTUATION = [';', ',', '{', ':', '=', '.', '/', '@', '(', '<', '->', ')', '>', '}'];

const token_name = word => '_kw_' + (word === '_' ? 'underscore' : word.replace('-', '_'));

/** The keyword `word`, as an anonymous node of that spelling. */
const kw = word => alias({ type: 'SYMBOL', name: token_name(word) }, word);

const comma_list = ($, rule) => optional(seq(rule, repeat(seq($._comma, rule)), optional($._comma)));

module.exports = grammar({
  name: 'wit',

  externals: $ => [
    ...PUNCTUATION,
    $.identifier,
    ...KEYWORDS.map(word => $[token_name(word)]),
    ...GATE_WORDS.map(word => $[token_name(word)]),
    $._reserved,
    $._bare,           // a type's keyword that no `<` follows, although it must
    $._bad_name,
    $.integer,
    $.version,
    $._bad_version,
    $.string,
    $._bad_string,
    $.comment,
    $.doc_comment,
    $.unterminated_comment,
    $.invalid_character,
    $.unread,
    $._joint_colon,
    $._mark,           // no text: read wherever it is valid
    $._never,          // never read: makes the node that needs it an error
    $._recovering,     // never read: valid only while the parser recovers from an error
  ],

  extras: $ => [/[ \t\r\n]/, $.comment, $.doc_comment],

  supertypes: $ => [$._type, $._typedef_item],

  rules: {
    // wit-file ::= (package-decl ';')? (package-items | nested-package-definition)*
    source_file: $ => seq(optional($.package_decl), repeat($._package_item)),

    package_decl: $ => seq(kw('package'), field('name', $.package_name), ';'),

    // The parser inserts a missing token only where it ends a rule, and of several that would do
    // the one that comes first in this file: `;`, then these. So these two are rules, and their
    // fields keep them from being folded into the rules around them.
    _comma: _ => field('separator', ','),
    _open: _ => field('open', '{'),

    // package-decl ::= 'package' ( id ':' )+ id ( '/' id )* ('@' valid-semver)?
    package_name: $ => choice(
      seq(
        repeat1(seq(field('namespace', $._ident), ':')),
        field('package', $._ident),
        repeat(seq('/', field('package', $._ident))),
        optional($._version_suffix),
      ),
      seq(field('package', $._ident), $._never),
    ),

    _version_suffix: $ => seq('@', field('version', choice($.version, $.malformed_version))),

    _package_item: $ => choice(
      $.toplevel_use_item,
      $.interface_item,
      $.world_item,
      $.nested_package,
      $.unknown_item,
      alias($._misplaced_in_package, $.misplaced_item),
    ),

    nested_package: $ => seq(
      optional($._attributes),
      kw('package'), field('name', $.package_name),
      field('body', $.package_body),
    ),
    package_body: $ => seq($._open, repeat($._package_item), '}'),

    // use-path ::= id | ( id ':' )+ id ( '/' id )+ ('@' valid-semver)?
    path: $ => choice(
      field('name', $._ident),
      seq(repeat1(seq(field('namespace', $._ident), ':')), $._path_tail),
      seq(repeat1(seq(field('namespace', $._ident), ':')), field('package', $._ident), $._never),
    ),
    _path_tail: $ => seq(
      field('package', $._ident),
      repeat(seq('/', field('package', $._ident))),
      '/', field('name', $._ident),
      optional($._version_suffix),
    ),

    toplevel_use_item: $ => seq(
      optional($._attributes),
      kw('use'), field('path', $.path),
      optional(seq(kw('as'), field('alias', $._ident))),
      ';',
    ),

    // Gates and external ids, in any order.
    _attributes: $ => repeat1(field('attribute', choice(
      $.since_gate,
      $.unstable_gate,
      $.deprecated_gate,
      $.external_id,
      $.unknown_gate,
    ))),
    since_gate: $ => seq('@', kw('since'), '(', $._version_argument, ')'),
    deprecated_gate: $ => seq('@', kw('deprecated'), '(', $._version_argument, ')'),
    unstable_gate: $ => seq('@', kw('unstable'), '(',
      kw('feature'), '=', field('feature', $._ident), ')'),
    external_id: $ => seq('@', kw('external-id'), '(', choice(
      seq(field('value', $.string), ')'),
      seq(field('value', $.malformed_string), optional(')')),
    )),
    unknown_gate: $ => seq('@', field('name', $._ident),
      optional(seq('(', optional(choice(
        seq(choice(kw('version'), $._ident), '=', choice($.version, $.malformed_version)),
        seq(choice(kw('feature'), $._ident), '=', $._ident),
        $.string,
      )), ')')),
      $._never),
    misplaced_gate: $ => seq(
      choice($.since_gate, $.unstable_gate, $.deprecated_gate, $.external_id), $._wrong),
    _version_argument: $ => seq(
      kw('version'), '=', field('version', choice($.version, $.malformed_version))),

    // interface-item ::= gate 'interface' id '{' interface-items* '}'
    interface_item: $ => seq(
      optional($._attributes), kw('interface'), $._name, field('body', $.interface_body)),
    interface_body: $ => seq($._open, repeat($._interface_definition), '}'),
    _interface_definition: $ => choice(
      $.use_item, $._typedef_item, $.func_item,
      $.unknown_item, alias($._misplaced_in_interface, $.misplaced_item)),

    // world-item ::= gate 'world' id '{' world-items* '}'
    world_item: $ => seq(
      optional($._attributes), kw('world'), $._name, field('body', $.world_body)),
    world_body: $ => seq($._open, repeat($._world_definition), '}'),
    _world_definition: $ => choice(
      $.import_item, $.export_item, $.include_item, $.use_item, $._typedef_item,
      $.unknown_item, alias($._misplaced_in_world, $.misplaced_item)),

    import_item: $ => seq(optional($._attributes), kw('import'), $._extern),
    export_item: $ => seq(optional($._attributes), kw('export'), $._extern),

    // extern ::= id ':' func-type ';' | id ':' 'interface' '{' .. '}' | id ':' use-path ';' | use-path ';'
    //
    // `a: b:c/d` names an import of `b:c/d`, `a:b:c/d` is a nested namespace: a colon with no space
    // on either side is a token of its own here. `a:b` alone is read as `a: b`.
    _extern: $ => choice(
      seq(field('name', $._ident), $._colon, field('type', $.func_type), ';'),
      seq(field('name', $._ident), $._colon, kw('interface'), field('body', $.interface_body)),
      seq(field('name', $._ident), ':', field('path', $.path), ';'),
      seq(field('name', $._ident), $._joined, field('path', alias($._plain_path, $.path)), ';'),
      seq(field('path', alias($._extern_path, $.path)), ';'),
    ),
    _colon: $ => choice(':', $._joined),
    _joined: $ => alias($._joint_colon, ':'),
    _plain_path: $ => field('name', $._ident),
    _extern_path: $ => choice(
      field('name', $._ident),
      seq(field('namespace', $._ident), ':', field('package', $._ident),
        '/', field('name', $._ident), optional($._version_suffix)),
      seq(field('namespace', $._ident), $._joined,
        repeat(seq(field('namespace', $._ident), ':')), $._path_tail),
    ),

    // include-item ::= 'include' use-path (';' | 'with' '{' include-names-list '}')
    include_item: $ => seq(
      optional($._attributes),
      kw('include'), field('path', $.path),
      choice(';', seq(kw('with'), field('names', $.include_names), optional(';'))),
    ),
    include_names: $ => seq($._open, comma_list($, $.include_name), '}'),
    include_name: $ => seq($._name, kw('as'), field('alias', $._ident)),

    // use-item ::= 'use' use-path '.' '{' use-names-list '}' ';'
    use_item: $ => seq(
      optional($._attributes),
      kw('use'), field('path', $.path), '.', field('names', $.use_names), ';'),
    use_names: $ => seq($._open, comma_list($, $.use_name), '}'),
    use_name: $ => seq($._name, optional(seq(kw('as'), field('alias', $._ident)))),

    // func-item ::= id ':' func-type ';'
    func_item: $ => seq(
      optional($._attributes), $._name, ':', field('type', $.func_type), ';'),
    func_type: $ => seq(
      optional(field('async', kw('async'))), kw('func'), field('params', $.param_list),
      optional($._result_list)),
    _result_list: $ => seq('->', field('result', choice($._type, $.named_results))),
    named_results: $ => seq($.param_list, $._wrong),
    param_list: $ => seq('(', comma_list($, $.param), ')'),
    param: $ => seq(repeat($.misplaced_gate), $._name, ':', field('type', $._type)),

    _typedef_item: $ => choice(
      $.type_item, $.record_item, $.variant_item, $.enum_item, $.flags_item, $.resource_item),

    type_item: $ => seq(
      optional($._attributes), kw('type'), $._name, '=', field('type', $._type), ';'),

    record_item: $ => seq(
      optional($._attributes), kw('record'), $._name, field('body', $.record_body)),
    record_body: $ => seq($._open, comma_list($, $.record_field), '}'),
    record_field: $ => seq(repeat($.misplaced_gate), $._name, ':', field('type', $._type)),

    variant_item: $ => seq(
      optional($._attributes), kw('variant'), $._name, field('body', $.variant_body)),
    variant_body: $ => seq($._open, comma_list($, $.variant_case), '}'),
    variant_case: $ => seq(
      repeat($.misplaced_gate), $._name, optional(seq('(', field('type', $._type), ')'))),

    enum_item: $ => seq(
      optional($._attributes), kw('enum'), $._name, field('body', $.enum_body)),
    enum_body: $ => seq($._open, comma_list($, $.enum_case), '}'),
    enum_case: $ => seq(repeat($.misplaced_gate), $._name),

    flags_item: $ => seq(
      optional($._attributes), kw('flags'), $._name, field('body', $.flags_body)),
    flags_body: $ => seq($._open, comma_list($, $.flags_field), '}'),
    flags_field: $ => seq(repeat($.misplaced_gate), $._name),

    // resource-item ::= 'resource' id (';' | '{' ( gate external-id? resource-method )* '}')
    resource_item: $ => seq(
      optional($._attributes), kw('resource'), $._name,
      choice(';', field('body', $.resource_body))),
    resource_body: $ => seq(
      $._open, repeat(choice($.method, $.static_method, $.constructor)), '}'),
    method: $ => seq(
      optional($._attributes), $._name, ':', field('type', $.func_type), ';'),
    static_method: $ => seq(
      optional($._attributes), $._name, ':', kw('static'), field('type', $.func_type), ';'),
    constructor: $ => seq(
      optional($._attributes), kw('constructor'), field('params', $.param_list),
      optional($._result_list), ';'),

    _type: $ => choice(
      $.primitive_type, $.named_type, $.list_type, $.option_type, $.result_type, $.tuple_type,
      $.map_type, $.future_type, $.stream_type, $.own_type, $.borrow_type, $.incomplete_type),

    primitive_type: $ => choice(
      kw('u8'), kw('u16'), kw('u32'), kw('u64'), kw('s8'), kw('s16'), kw('s32'), kw('s64'),
      kw('f32'), kw('f64'), kw('char'), kw('bool'), kw('string'), kw('error-context')),

    named_type: $ => $._name,

    tuple_type: $ => seq(kw('tuple'), '<', comma_list($, field('element', $._type)), '>'),
    list_type: $ => seq(
      kw('list'), '<', field('element', $._type), optional(seq($._comma, field('length', $.integer))),
      '>'),
    option_type: $ => seq(kw('option'), '<', field('element', $._type), '>'),
    result_type: $ => seq(kw('result'), optional(choice(
      seq('<', field('ok', $._type), optional(seq($._comma, field('error', $._type))), '>'),
      seq('<', kw('_'), $._comma, field('error', $._type), '>'),
    ))),
    map_type: $ => seq(
      kw('map'), '<', field('key', $._type), $._comma, field('value', $._type), '>'),
    future_type: $ => seq(kw('future'), optional(seq('<', field('element', $._type), '>'))),
    stream_type: $ => seq(kw('stream'), optional(seq('<', field('element', $._type), '>'))),
    own_type: $ => seq(kw('own'), '<', field('resource', $._ident), '>'),
    borrow_type: $ => seq(kw('borrow'), '<', field('resource', $._ident), '>'),

    // What is well formed and stands in the wrong body. No interface or world within another: there
    // a `}` is missing.
    _misplaced_in_package: $ => choice(
      seq($.package_decl, $._never),
      seq(choice($._typedef_item, $.func_item, $.use_item, $.import_item, $.export_item,
        $.include_item), $._wrong),
    ),
    _misplaced_in_world: $ => seq($.func_item, $._wrong),
    _misplaced_in_interface: $ => seq(
      choice($.import_item, $.export_item, $.include_item), $._wrong),

    // `union u { .. }`, `struct s { .. }`, or a block whose keyword is missing.
    unknown_item: $ => seq(
      optional($._attributes),
      field('keyword', $.identifier), optional($.identifier), $._block, $._never),
    _block: $ => seq('{', repeat(choice($._block, $._in_block)), '}'),
    _in_block: $ => choice(
      $.identifier, $.string, $.integer, ...KEYWORDS.map(kw),
      ':', ',', ';', '=', '<', '>', '(', ')', '@', '.', '/', '->'),

    // A type that needs its `<...>` and has none.
    incomplete_type: $ => seq($._bare, $._wrong),

    // The name that an item declares, or that a type refers to.
    _name: $ => field('name', $._ident),
    _ident: $ => choice($.identifier, $.reserved_name, $.malformed_name),
    reserved_name: $ => seq($._reserved, $._wrong),
    malformed_name: $ => seq($._bad_name, $._wrong),
    malformed_version: $ => seq($._bad_version, $._wrong),
    malformed_string: $ => seq($._bad_string, $._wrong),

    // Ends what is an error as it stands. The parser weighs the token that it must insert against
    // skipping what was read: the marks, nodes of no text, make skipping the dearer way.
    _wrong: $ => seq($._marked, $._marked, $._marked, $._marked, $._never),
    _marked: $ => alias($._mark, '!'),
  },
});

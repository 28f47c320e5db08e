;; Binary trees, for the collector: one tree lives all along, many come and go beside it, and an array
;; holds the last few. `witc run --invoke trees bench/gc.wat 16` gives the number of nodes that were counted.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
  (type $kept (array (mut (ref null $tree))))
  (global $kept (ref $kept) (array.new_default $kept (i32.const 16)))

  ;; A full tree: 2^(depth + 1) - 1 nodes.
  (func $make (param $depth i32) (result (ref $tree))
    (if (i32.eqz (local.get $depth))
      (then (return (struct.new_default $tree))))
    (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
    (struct.new $tree (call $make (local.get $depth)) (call $make (local.get $depth))))

  (func $count (param $tree (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $tree)) (then (return (i32.const 0))))
    (i32.add (i32.const 1)
      (i32.add (call $count (struct.get $tree $left (local.get $tree)))
        (call $count (struct.get $tree $right (local.get $tree))))))

  ;; `many` trees of the depth, one after the other.
  (func $short (param $depth i32) (param $many i32) (result i64) (local $sum i64) (local $tree (ref null $tree))
    (loop $more
      (local.set $tree (call $make (local.get $depth)))
      (array.set $kept (global.get $kept) (i32.and (local.get $many) (i32.const 15)) (local.get $tree))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $count (local.get $tree)))))
      (br_if $more (local.tee $many (i32.sub (local.get $many) (i32.const 1)))))
    (local.get $sum))

  ;; The nodes of all trees: one of the depth, and of each of the depths 4, 6, ... as many trees as give
  ;; 2^(depth + 5) nodes or so.
  (func (export "trees") (param $depth i32) (result i64)
    (local $long (ref null $tree)) (local $at i32) (local $sum i64)
    (local.set $long (call $make (local.get $depth)))
    (local.set $at (i32.const 4))
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (call $short (local.get $at)
          (i32.shl (i32.const 1) (i32.add (i32.const 4) (i32.sub (local.get $depth) (local.get $at)))))))
      (br_if $next
        (i32.le_s (local.tee $at (i32.add (local.get $at) (i32.const 2))) (local.get $depth))))
    (i64.add (local.get $sum) (i64.extend_i32_u (call $count (local.get $long))))))

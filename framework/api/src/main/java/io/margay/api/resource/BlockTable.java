// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The addresses of a block by ordinal: who holds each, and the queue of the free ones. Immutable,
 * and small, since a cluster has many thousands.
 */
final class BlockTable {
  private static final int FREE = -1;
  private static final long[] NONE = {};

  /** More than a block has addresses, and the most that a short can tell. */
  private static final int MAX_HOLDERS = Short.MAX_VALUE;

  /** Index into {@link #attributes} by ordinal, or FREE. */
  private final short[] allocations;

  /** Free ordinals, next to be given out first. */
  private final short[] unallocated;

  /**
   * The block's sequence number at the time of allocation, for each ordinal that is held, in order;
   * empty when none is recorded.
   */
  private final long[] sequences;

  private final List<Allocation> attributes;

  /**
   * A table.
   *
   * @param sequences by ordinal; 0 when not recorded
   */
  private BlockTable(
      int[] allocations, int[] unallocated, long[] sequences, List<Allocation> attributes) {
    this.allocations = shorts(allocations);
    this.unallocated = shorts(unallocated);
    this.sequences =
        Arrays.stream(sequences).allMatch(n -> n == 0)
            ? NONE
            : IntStream.range(0, allocations.length)
                .filter(i -> allocations[i] != FREE)
                .mapToLong(i -> sequences[i])
                .toArray();
    this.attributes = List.copyOf(attributes);
  }

  /** A table of this many addresses, all free, in order. */
  static BlockTable free(int size) {
    int[] allocations = new int[size];
    Arrays.fill(allocations, FREE);
    int[] unallocated = new int[size];
    Arrays.setAll(unallocated, i -> i);
    return new BlockTable(allocations, unallocated, NONE, List.of());
  }

  static BlockTable read(Fields spec, int size) {
    List<Allocation> attributes = new ArrayList<>();
    spec.objects("attributes").forEach(a -> attributes.add(Allocation.read(a)));
    int[] allocations = allocations(spec, size, attributes.size());
    int[] unallocated = unallocated(spec, allocations);
    return new BlockTable(allocations, unallocated, sequences(spec, allocations), attributes);
  }

  private static int[] allocations(Fields spec, int size, int holders) {
    int[] allocations = new int[size];
    Arrays.fill(allocations, FREE);
    List<Object> array = spec.array("allocations");
    if (array.size() != size) {
      spec.problem("allocations", array.size() + " elements", "one for each of " + size);
      return allocations;
    }
    for (int i = 0; i < size; i++) {
      if (array.get(i) instanceof Long n && n >= 0 && n < Math.min(holders, MAX_HOLDERS)) {
        allocations[i] = n.intValue();
      } else if (array.get(i) != null) {
        spec.problem(
            "allocations[" + i + "]", array.get(i), "null or the index of one of the attributes");
      }
    }
    return allocations;
  }

  private static int[] unallocated(Fields spec, int[] allocations) {
    List<Object> array = spec.array("unallocated");
    int[] unallocated = new int[array.size()];
    boolean[] seen = new boolean[allocations.length];
    for (int i = 0; i < unallocated.length; i++) {
      boolean isFree =
          array.get(i) instanceof Long n
              && n >= 0
              && n < allocations.length
              && allocations[n.intValue()] == FREE
              && !seen[n.intValue()];
      if (!isFree) {
        spec.problem("unallocated[" + i + "]", array.get(i), "an address that nobody holds, once");
        return new int[0];
      }
      unallocated[i] = ((Long) array.get(i)).intValue();
      seen[unallocated[i]] = true;
    }
    return unallocated;
  }

  private static long[] sequences(Fields spec, int[] allocations) {
    Fields recorded = spec.object("sequenceNumberForAllocation");
    long[] sequences = new long[allocations.length];
    for (String name : recorded.values().keySet()) {
      long number = recorded.number(name, 0, Long.MAX_VALUE).orElse(0L);
      if (!name.matches("[0-9]{1,5}") || Integer.parseInt(name) >= allocations.length) {
        recorded.problem(name, name, "the number of an address as the name of the field");
      } else if (allocations[Integer.parseInt(name)] != FREE) {
        sequences[Integer.parseInt(name)] = number;
      }
    }
    return sequences;
  }

  void write(Map<String, Object> spec) {
    List<Object> indices = new ArrayList<>();
    Map<String, Object> recorded = new LinkedHashMap<>();
    long[] numbers = sequencesByOrdinal();
    for (int i = 0; i < allocations.length; i++) {
      indices.add(allocations[i] == FREE ? null : (Object) (long) allocations[i]);
      if (numbers[i] != 0) {
        recorded.put(Integer.toString(i), numbers[i]);
      }
    }
    spec.put("allocations", Collections.unmodifiableList(indices));
    spec.put("unallocated", Arrays.stream(unallocated()).asLongStream().boxed().toList());
    spec.put("attributes", attributes.stream().map(Allocation::toMap).toList());
    spec.put("sequenceNumberForAllocation", recorded);
  }

  int size() {
    return allocations.length;
  }

  /** Free ordinals, next to be given out first; a fresh array. */
  int[] unallocated() {
    return ints(unallocated);
  }

  int freeCount() {
    return unallocated.length;
  }

  boolean isFree(int ordinal) {
    return allocations[ordinal] == FREE && contains(unallocated(), ordinal);
  }

  /** Whether nobody holds any address; one that cools down counts as held. */
  boolean isEmpty() {
    return Arrays.stream(ints(allocations)).allMatch(i -> i == FREE);
  }

  /** The holder, or null. */
  Allocation holder(int ordinal) {
    return allocations[ordinal] == FREE ? null : attributes.get(allocations[ordinal]);
  }

  List<Allocation> attributes() {
    return attributes;
  }

  /** Gives free ordinals to a holder. */
  BlockTable assign(int[] ordinals, Allocation holder, long sequence) {
    List<Allocation> holders = new ArrayList<>(attributes);
    int index = holders.indexOf(holder);
    if (index < 0) {
      index = holders.size();
      holders.add(holder);
    }
    int[] nextAllocations = ints(allocations);
    long[] nextSequences = sequencesByOrdinal();
    for (int ordinal : ordinals) {
      if (!isFree(ordinal)) {
        throw new IllegalArgumentException(
            "address number " + ordinal + " is held (expected: a free one)");
      }
      nextAllocations[ordinal] = index;
      nextSequences[ordinal] = sequence;
    }
    int[] left = Arrays.stream(unallocated()).filter(o -> !contains(ordinals, o)).toArray();
    return new BlockTable(nextAllocations, left, nextSequences, holders);
  }

  /** Records another sequence number for ordinals that are held. */
  BlockTable renew(IntPredicate which, long sequence) {
    long[] next = sequencesByOrdinal();
    for (int i = 0; i < next.length; i++) {
      if (allocations[i] != FREE && which.test(i)) {
        next[i] = sequence;
      }
    }
    return new BlockTable(ints(allocations), unallocated(), next, attributes);
  }

  /** Ordinals that nobody holds and that are not queued. */
  int[] lost() {
    int[] queued = unallocated();
    return IntStream.range(0, allocations.length)
        .filter(i -> allocations[i] == FREE && !contains(queued, i))
        .toArray();
  }

  /** Queues the lost ones. */
  BlockTable queueLost() {
    int[] queue = IntStream.concat(Arrays.stream(unallocated()), Arrays.stream(lost())).toArray();
    return new BlockTable(ints(allocations), queue, sequencesByOrdinal(), attributes);
  }

  /** The sequence number recorded for an ordinal; 0 when none is. */
  long sequence(int ordinal) {
    return sequencesByOrdinal()[ordinal];
  }

  /** Takes held ordinals back; they queue up as the last to be given out again. */
  BlockTable free(IntPredicate which) {
    int[] nextAllocations = ints(allocations);
    long[] nextSequences = sequencesByOrdinal();
    int[] queue = Arrays.copyOf(unallocated(), allocations.length);
    int length = unallocated.length;
    for (int i = 0; i < allocations.length; i++) {
      if (allocations[i] != FREE && which.test(i)) {
        nextAllocations[i] = FREE;
        nextSequences[i] = 0;
        queue[length++] = i;
      }
    }
    return compacted(nextAllocations, Arrays.copyOf(queue, length), nextSequences, attributes);
  }

  /** Replaces the holder of ordinals. */
  BlockTable replace(IntPredicate which, Allocation holder) {
    List<Allocation> holders = new ArrayList<>(attributes);
    holders.add(holder);
    int[] next = ints(allocations);
    for (int i = 0; i < next.length; i++) {
      if (next[i] != FREE && which.test(i)) {
        next[i] = holders.size() - 1;
      }
    }
    return compacted(next, unallocated(), sequencesByOrdinal(), holders);
  }

  /** Drops holders that hold nothing and joins equal ones. */
  private static BlockTable compacted(
      int[] allocations, int[] unallocated, long[] sequences, List<Allocation> holders) {
    Map<Allocation, Integer> kept = new HashMap<>();
    List<Allocation> list = new ArrayList<>();
    for (int i = 0; i < allocations.length; i++) {
      if (allocations[i] != FREE) {
        Allocation holder = holders.get(allocations[i]);
        Integer known = kept.putIfAbsent(holder, list.size());
        allocations[i] = known == null ? list.size() : known;
        if (known == null) {
          list.add(holder);
        }
      }
    }
    return new BlockTable(allocations, unallocated, sequences, list);
  }

  private long[] sequencesByOrdinal() {
    long[] expanded = new long[allocations.length];
    int next = 0;
    for (int i = 0; i < allocations.length && next < sequences.length; i++) {
      expanded[i] = allocations[i] == FREE ? 0 : sequences[next++];
    }
    return expanded;
  }

  private static short[] shorts(int[] values) {
    short[] copy = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      copy[i] = (short) values[i];
    }
    return copy;
  }

  private static int[] ints(short[] values) {
    int[] copy = new int[values.length];
    Arrays.setAll(copy, i -> values[i]);
    return copy;
  }

  private static boolean contains(int[] ordinals, int ordinal) {
    return Arrays.stream(ordinals).anyMatch(o -> o == ordinal);
  }
}

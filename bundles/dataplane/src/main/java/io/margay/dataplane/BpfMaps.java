// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.dataplane.Kernel.Found;
import io.margay.dataplane.Kernel.Verb;
import io.margay.dataplane.Kernel.Write;
import io.margay.netlink.BpfMapFd;
import io.margay.netlink.Errno;
import io.margay.netlink.NetlinkException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** BPF maps and their entries. What is pinned below the state directory is ours. */
final class BpfMaps {
  private final BpfPins pins;

  BpfMaps(BpfPins pins) {
    this.pins = pins;
  }

  void read(Consumer<Found> sink) throws NetlinkException, IOException {
    for (String name : pins.maps()) {
      try (BpfMapFd map = BpfMapFd.open(pins.map(name))) {
        BpfMapFd.Form form = map.form();
        Optional<BpfMap.Type> type = type(form.type());
        if (type.isPresent()) {
          int max = form.maxEntries();
          sink.accept(
              new Found(
                  BpfMap.of(name, type.get(), form.keyBytes(), form.valueBytes(), max), true));
        }
      }
    }
  }

  /** Makes, replaces or deletes a map. */
  void write(Write write) throws NetlinkException, IOException {
    BpfMap map = (BpfMap) write.object();
    if (write.verb() == Verb.DELETE) {
      Files.deleteIfExists(pins.map(map.name()));
      return;
    }
    try (BpfMapFd fresh = BpfMapFd.create(map.name(), form(map))) {
      pins.pin(fresh, map.name());
    }
  }

  /**
   * Reads all entries of hashes, and of arrays, which have all keys, those that are asked for.
   *
   * @param keys keys of objects of any kind
   */
  void readEntries(Collection<Object> keys, Consumer<Found> sink)
      throws NetlinkException, IOException {
    for (String name : pins.maps()) {
      try (BpfMapFd map = BpfMapFd.open(pins.map(name))) {
        List<byte[]> present =
            switch (map.form().type()) {
              case BpfMapFd.BPF_MAP_TYPE_HASH -> map.keys();
              case BpfMapFd.BPF_MAP_TYPE_ARRAY -> asked(name, map.form().keyBytes(), keys);
              default -> List.of();
            };
        for (byte[] key : present) {
          map.get(key).ifPresent(v -> sink.accept(new Found(BpfMapEntry.of(name, key, v), true)));
        }
      }
    }
  }

  private static List<byte[]> asked(String map, int keyBytes, Collection<Object> keys) {
    return keys.stream()
        .filter(BpfMapEntry.Key.class::isInstance)
        .map(BpfMapEntry.Key.class::cast)
        .filter(key -> key.map().equals(map))
        .map(key -> HexFormat.of().parseHex(key.key()))
        .filter(key -> key.length == keyBytes)
        .toList();
  }

  /** Carries out changes of entries, in this order. */
  Map<Integer, Kernel.Refusal> writeEntries(List<Write> writes) {
    Map<Integer, Kernel.Refusal> refusals = new HashMap<>();
    Map<String, BpfMapFd> open = new HashMap<>();
    try {
      for (int i = 0; i < writes.size(); i++) {
        Write write = writes.get(i);
        BpfMapEntry entry = (BpfMapEntry) write.object();
        try {
          BpfMapFd map = open.get(entry.map());
          if (map == null) {
            map = BpfMapFd.open(pins.map(entry.map()));
            open.put(entry.map(), map);
          }
          Optional<Kernel.Refusal> refusal =
              write.verb() == Verb.DELETE ? remove(map, entry) : put(map, entry);
          if (refusal.isPresent()) {
            refusals.put(i, refusal.get());
          }
        } catch (NetlinkException e) {
          boolean isGone = write.verb() == Verb.DELETE && e.number() == Errno.ENOENT;
          if (!isGone) {
            refusals.put(i, Bpf.refusal(entry, e));
          }
        }
      }
    } finally {
      open.values().forEach(BpfMapFd::close);
    }
    return refusals;
  }

  private static Optional<Kernel.Refusal> put(BpfMapFd map, BpfMapEntry entry)
      throws NetlinkException {
    BpfMapFd.Form form = map.form();
    boolean fits =
        entry.keyBytes().length == form.keyBytes()
            && entry.valueBytes().length == form.valueBytes()
            && form.type() != BpfMapFd.BPF_MAP_TYPE_PERCPU_ARRAY;
    if (!fits) {
      String text = entry + ": EINVAL (does not fit the map: " + form + ")";
      return Optional.of(new Kernel.Refusal("EINVAL", text));
    }
    map.put(entry.keyBytes(), entry.valueBytes());
    return Optional.empty();
  }

  private static Optional<Kernel.Refusal> remove(BpfMapFd map, BpfMapEntry entry)
      throws NetlinkException {
    BpfMapFd.Form form = map.form();
    // Of a map that had this name before, it went with that.
    if (entry.keyBytes().length == form.keyBytes()) {
      if (form.type() == BpfMapFd.BPF_MAP_TYPE_HASH) {
        map.remove(entry.keyBytes());
      } else {
        map.put(entry.keyBytes(), new byte[form.valueBytes()]);
      }
    }
    return Optional.empty();
  }

  /** Counters of these maps, as far as they are there, by {@code map.counter}. */
  Map<String, Long> counters(Collection<BpfMap> maps) throws NetlinkException, IOException {
    Map<String, Long> counters = new HashMap<>();
    List<String> present = pins.maps();
    for (BpfMap map : maps) {
      if (!present.contains(map.name())) {
        continue;
      }
      try (BpfMapFd fd = BpfMapFd.open(pins.map(map.name()))) {
        for (int i = 0; i < map.counters().size() && fd.form().equals(form(map)); i++) {
          counters.put(map.name() + "." + map.counters().get(i), fd.sum(i));
        }
      }
    }
    return counters;
  }

  private static BpfMapFd.Form form(BpfMap map) {
    int type =
        switch (map.type()) {
          case HASH -> BpfMapFd.BPF_MAP_TYPE_HASH;
          case ARRAY -> BpfMapFd.BPF_MAP_TYPE_ARRAY;
          case PERCPU_ARRAY -> BpfMapFd.BPF_MAP_TYPE_PERCPU_ARRAY;
        };
    return new BpfMapFd.Form(type, map.keyBytes(), map.valueBytes(), map.maxEntries());
  }

  private static Optional<BpfMap.Type> type(int type) {
    return switch (type) {
      case BpfMapFd.BPF_MAP_TYPE_HASH -> Optional.of(BpfMap.Type.HASH);
      case BpfMapFd.BPF_MAP_TYPE_ARRAY -> Optional.of(BpfMap.Type.ARRAY);
      case BpfMapFd.BPF_MAP_TYPE_PERCPU_ARRAY -> Optional.of(BpfMap.Type.PERCPU_ARRAY);
      default -> Optional.empty();
    };
  }
}

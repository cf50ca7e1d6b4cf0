// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * In which blocks a handle holds addresses. Counts may be too high after a crash, never too low.
 */
public final class IpamHandle extends Resource {
  public static final String KIND = "IPAMHandle";

  private final String handleId;
  private final Map<Cidr, Integer> blocks;
  private final boolean deleted;

  IpamHandle(Fields root) {
    super(KIND, root);
    Fields spec = root.object("spec");
    handleId = spec.required("handleID").orElse("");
    Fields block = spec.object("block");
    Map<Cidr, Integer> counts = new TreeMap<>();
    for (String name : block.values().keySet()) {
      int count = block.integer(name, 0, Integer.MAX_VALUE, 0);
      try {
        counts.put(Cidr.parse(name), count);
      } catch (IllegalArgumentException e) {
        block.problem(name, name, "a block's CIDR as the name of the field");
      }
    }
    blocks = Collections.unmodifiableMap(counts);
    deleted = BlockAffinity.deleted(spec);
  }

  /** Reads a document. */
  public static IpamHandle parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, IpamHandle::new);
  }

  /** A handle that holds nothing yet. */
  public static IpamHandle of(String handleId) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("handleID", handleId);
    spec.put("block", Map.of());
    spec.put("deleted", false);
    return make(Trees.envelope(V1, KIND, "", nameOf(handleId), spec), IpamHandle::new);
  }

  /** Name of the document of a handle: in lower case. */
  public static String nameOf(String handleId) {
    return handleId.toLowerCase(Locale.ROOT);
  }

  /** Changes the number of addresses in a block; zero and less removes the block. */
  public IpamHandle plus(Cidr block, int count) {
    Map<String, Object> counts = new LinkedHashMap<>();
    blocks.forEach((cidr, n) -> counts.put(cidr.toString(), (long) n));
    long sum = blocks.getOrDefault(block, 0) + (long) count;
    if (sum > 0) {
      counts.put(block.toString(), sum);
    } else {
      counts.remove(block.toString());
    }
    Map<String, Object> spec = Json.asObject(toMap().get("spec")).orElse(Map.of());
    Map<String, Object> changed = new LinkedHashMap<>(spec);
    changed.put("block", counts); // Not by path: an empty object must stay.
    return make(Trees.with(toMap(), changed, "spec"), IpamHandle::new);
  }

  public String handleId() {
    return handleId;
  }

  /** Number of addresses by block. */
  public Map<Cidr, Integer> blocks() {
    return blocks;
  }

  /** Whether the document counts as absent: the first of Calico's two steps of a deletion. */
  public boolean deleted() {
    return deleted;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.LinkedHashMap;
import java.util.Map;

/** Cluster-wide rules of address assignment. One document, named {@code default}. */
public final class IpamConfiguration extends Resource {
  public static final String KIND = "IPAMConfiguration";

  /** Name of the only document. */
  public static final String NAME = "default";

  /** What holds when there is no document. */
  public static final IpamConfiguration DEFAULT = of();

  private static final int DEFAULT_MAX_BLOCKS = 20;
  private static final int MAX_BLOCKS = 1_000_000;
  private static final int MAX_COOLDOWN = 1200;

  private final boolean strictAffinity;
  private final boolean autoAllocateBlocks;
  private final int maxBlocksPerHost;
  private final int ipCooldownSeconds;

  IpamConfiguration(Fields root) {
    super(KIND, root);
    checkName(root);
    if (!name().equals(NAME)) {
      root.object("metadata").problem("name", NAME);
    }
    Fields spec = root.object("spec");
    strictAffinity = spec.flag("strictAffinity", false);
    autoAllocateBlocks = spec.flag("autoAllocateBlocks", true);
    maxBlocksPerHost = spec.integer("maxBlocksPerHost", 0, MAX_BLOCKS, 0);
    ipCooldownSeconds = spec.integer("ipCooldownSeconds", 0, MAX_COOLDOWN, 0);
    spec.oneOf("kubeVirtVMAddressPersistence", "Enabled", "Disabled");
    if (!strictAffinity && !autoAllocateBlocks) {
      spec.problem("autoAllocateBlocks", "true unless strictAffinity is true");
    }
    if (maxBlocksPerHost > 0 && !strictAffinity) {
      spec.problem("maxBlocksPerHost", "0 unless strictAffinity is true");
    }
  }

  /** Reads a document. */
  public static IpamConfiguration parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, IpamConfiguration::new);
  }

  private static IpamConfiguration of() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("strictAffinity", false);
    spec.put("autoAllocateBlocks", true);
    spec.put("maxBlocksPerHost", 0L);
    return make(Trees.envelope(V3, KIND, "", NAME, spec), IpamConfiguration::new);
  }

  /**
   * Sets fields of the spec in one step, since they are checked against each other.
   *
   * @param fields Boolean, or Long, by the name of the field
   * @throws IllegalArgumentException when the document would not be valid
   */
  public IpamConfiguration withSpec(Map<String, Object> fields) {
    Map<String, Object> changed = toMap();
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      changed = Trees.with(changed, field.getValue(), "spec", field.getKey());
    }
    return make(changed, IpamConfiguration::new);
  }

  /** Whether nodes may not use free addresses of each other's blocks. */
  public boolean strictAffinity() {
    return strictAffinity;
  }

  /** Whether nodes may claim blocks when they need them. */
  public boolean autoAllocateBlocks() {
    return autoAllocateBlocks;
  }

  /** Largest number of blocks of a node; Calico takes 0 for 20. */
  public int maxBlocksPerHost() {
    return maxBlocksPerHost == 0 ? DEFAULT_MAX_BLOCKS : maxBlocksPerHost;
  }

  /** How long a released address stays unused, in seconds. */
  public int ipCooldownSeconds() {
    return ipCooldownSeconds;
  }
}

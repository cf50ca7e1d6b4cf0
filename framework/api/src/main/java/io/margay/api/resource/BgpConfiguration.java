// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Map;

/** Settings of route sharing by BGP: {@code default} for all, {@code node.NAME} over it for one. */
public final class BgpConfiguration extends Resource {
  public static final String KIND = "BGPConfiguration";

  private final Map<String, Object> spec;

  BgpConfiguration(Fields root) {
    super(KIND, root);
    checkName(root);
    spec = root.object("spec").values();
  }

  /** Reads a document. */
  public static BgpConfiguration parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpConfiguration::new);
  }

  /** The fields as values of {@link Json}. */
  public Map<String, Object> spec() {
    return spec;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Map;

/** A BGP neighbour. */
public final class BgpPeer extends Resource {
  public static final String KIND = "BGPPeer";

  private final Map<String, Object> spec;

  BgpPeer(Fields root) {
    super(KIND, root);
    checkName(root);
    spec = root.object("spec").values();
  }

  /** Reads a document. */
  public static BgpPeer parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpPeer::new);
  }

  /** The fields as values of {@link Json}. */
  public Map<String, Object> spec() {
    return spec;
  }
}

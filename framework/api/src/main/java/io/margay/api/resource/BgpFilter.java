// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.Map;

/** Which routes BGP peers may send and get. */
public final class BgpFilter extends Resource {
  public static final String KIND = "BGPFilter";

  private final Map<String, Object> spec;

  BgpFilter(Fields root) {
    super(KIND, root);
    checkName(root);
    spec = root.object("spec").values();
  }

  /** Reads a document. */
  public static BgpFilter parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, BgpFilter::new);
  }

  /** The fields as values of {@link Json}. */
  public Map<String, Object> spec() {
    return spec;
  }
}

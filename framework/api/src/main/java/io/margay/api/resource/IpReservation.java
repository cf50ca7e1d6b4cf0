// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.net.Cidr;
import java.util.List;

/** Addresses that are given out only to those who ask for them by name. */
public final class IpReservation extends Resource {
  public static final String KIND = "IPReservation";

  private final List<Cidr> reservedCidrs;

  IpReservation(Fields root) {
    super(KIND, root);
    checkName(root);
    reservedCidrs = root.object("spec").parsedList("reservedCIDRs", IpReservation::cidr);
  }

  /** Reads a document. */
  public static IpReservation parse(byte[] json) throws InvalidResourceException {
    return parse(KIND, json, IpReservation::new);
  }

  public List<Cidr> reservedCidrs() {
    return reservedCidrs;
  }

  private static Cidr cidr(String text) {
    return text.indexOf('/') < 0 ? Cidr.host(io.margay.api.net.Ip.parse(text)) : Cidr.parse(text);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

/**
 * What a call is about: one interface of one container in one network. Its parts are as the
 * specification allows them, so that none contains a comma or a slash.
 */
record Attachment(String network, String container, String ifname) {
  /** Interface name that needs no mention in the handle. */
  private static final String USUAL_IFNAME = "eth0";

  /** Who holds the addresses, as Calico names it; a second interface needs its own. */
  String handle() {
    String handle = network + "." + container;
    return ifname.equals(USUAL_IFNAME) ? handle : handle + "." + ifname;
  }

  @Override
  public String toString() {
    return network + "/" + container + "/" + ifname;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.session;

/** State of a session. RFC 4271 section 8.2.2. */
public enum State {
  IDLE("Idle"),
  CONNECT("Connect"),
  ACTIVE("Active"),
  OPEN_SENT("OpenSent"),
  OPEN_CONFIRM("OpenConfirm"),
  ESTABLISHED("Established");

  private final String text;

  State(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}

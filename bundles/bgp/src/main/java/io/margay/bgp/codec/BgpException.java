// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

/** A message that costs the session. Carries what the peer is to be told. */
public final class BgpException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Notification notification;

  /**
   * An error.
   *
   * @param detail for our own log
   */
  public BgpException(Notification notification, String detail) {
    super(detail.isEmpty() ? notification.toString() : notification + ": " + detail);
    this.notification = notification;
  }

  static BgpException of(int code, int subcode, String detail) {
    return new BgpException(Notification.of(code, subcode), detail);
  }

  public Notification notification() {
    return notification;
  }
}

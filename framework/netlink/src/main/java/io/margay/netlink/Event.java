// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

/** What a {@link NetlinkMonitor} tells. */
public sealed interface Event {
  /**
   * An object was created, changed or deleted.
   *
   * @param sender the {@link NetlinkSocket#port} of the socket that asked for it; 0 for the kernel
   *     itself, and for some objects also where a socket asked
   */
  record Changed(boolean deleted, Message message, int sender) implements Event {}

  /** Events were lost (ENOBUFS, or an unreadable message): read again what you know from events. */
  record Overrun() implements Event {}
}

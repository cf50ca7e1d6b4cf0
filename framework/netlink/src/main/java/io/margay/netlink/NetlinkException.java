// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.util.Optional;

/**
 * The kernel refused an operation.
 *
 * <p>The message reads {@code route add 10.1.2.0/24 dev vx0: ENETUNREACH (Nexthop has invalid
 * gateway)}: operation and object in the words of {@code ip}, error name, the kernel's own text
 * where it sent one.
 */
public final class NetlinkException extends Exception {
  private static final long serialVersionUID = 1;

  private final String operation;
  private final int number;
  private final String kernelText;

  NetlinkException(String operation, int number, String kernelText) {
    super(
        operation
            + ": "
            + Errno.name(number)
            + (kernelText.isEmpty() ? "" : " (" + kernelText + ")"));
    this.operation = operation;
    this.number = number;
    this.kernelText = kernelText;
  }

  /** A message that cannot be decoded. */
  static NetlinkException malformed(String detail) {
    return new NetlinkException("decode netlink message", Errno.EBADMSG, detail);
  }

  /** Operation and object, for example {@code route add 10.1.2.0/24 dev vx0}. */
  public String operation() {
    return operation;
  }

  /** The error's name, for example {@code EEXIST}. */
  public String errno() {
    return Errno.name(number);
  }

  /** The error's number, one of {@link Errno}. */
  public int number() {
    return number;
  }

  /** What the kernel said besides the number (extended ack). */
  public Optional<String> kernelText() {
    return kernelText.isEmpty() ? Optional.empty() : Optional.of(kernelText);
  }
}

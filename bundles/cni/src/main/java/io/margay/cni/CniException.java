// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

/** A verb failed; becomes the error JSON of the answer. CNI 1.1.0 section 5, "Error". */
final class CniException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Characters of a runtime's word that a message repeats. */
  private static final int MAX_QUOTED = 120;

  private final Code code;
  private final int number;

  /** Why, in the specification's numbers below 100 and our own from there. */
  enum Code {
    INCOMPATIBLE_VERSION(1),
    UNSUPPORTED_FIELD(2),
    INVALID_ENVIRONMENT(4),
    IO_FAILURE(5),
    UNDECODABLE(6),
    INVALID_CONFIG(7),
    TRY_AGAIN_LATER(11),
    NOT_AVAILABLE(50),
    /** As before, and containers that run may lose their network. */
    NOT_AVAILABLE_PODS_AT_RISK(51),
    /** A bug of ours. */
    INTERNAL(100),
    /** No address could be given. */
    NO_ADDRESS(101),
    /** The kernel refused. */
    DATAPLANE(102),
    /** CHECK found something that is not as ADD left it. */
    CHECK_FAILED(103),
    /** Another plugin that we execute failed; the number is its own if it said one. */
    DELEGATE(104);

    private final int number;

    Code(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  CniException(Code code, String message) {
    super(message);
    this.code = code;
    this.number = code.number();
  }

  CniException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.number = code.number();
  }

  private CniException(int number, String message) {
    super(message);
    this.code = Code.DELEGATE;
    this.number = number;
  }

  /** What a plugin that we executed has said, with its own number. */
  static CniException delegated(int number, String message) {
    return new CniException(number, message);
  }

  Code code() {
    return code;
  }

  /** As in the answer. */
  int number() {
    return number;
  }

  /** What a runtime has sent, for a message: its beginning where it is long. */
  static String quoted(Object value) {
    String text = String.valueOf(value);
    return text.length() <= MAX_QUOTED
        ? text
        : text.substring(0, MAX_QUOTED) + "... (" + text.length() + " characters)";
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

/**
 * Text for a regular expression of somebody else. Some take for ever, and java.util.regex heeds no
 * interrupt; but it asks for each character.
 */
final class PatientText implements CharSequence {
  private static final int MAX_LOOKS = 10_000_000;

  /** The expression is not worth waiting for. */
  static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong() {
      super("the expression takes too long");
    }
  }

  private final CharSequence text;
  private int looks;

  PatientText(CharSequence text) {
    this.text = text;
  }

  @Override
  public char charAt(int index) {
    if (++looks > MAX_LOOKS) {
      throw new TooLong();
    }
    return text.charAt(index);
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return text.subSequence(start, end);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}

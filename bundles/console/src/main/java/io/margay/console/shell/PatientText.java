// SPDX-License-Identifier: Apache-2.0
package io.margay.console.shell;

import java.util.regex.Pattern;

/**
 * Text for a regular expression of somebody else. Some take for ever, and java.util.regex heeds no
 * interrupt; but it asks for each character.
 */
public final class PatientText implements CharSequence {
  private static final int MAX_LOOKS = 10_000_000;

  /** The expression is not worth waiting for. */
  public static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLong(String message) {
      super(message);
    }
  }

  private final CharSequence text;
  private int looks;

  private PatientText(CharSequence text) {
    this.text = text;
  }

  /**
   * Whether the expression is found in the text.
   *
   * @throws TooLong when it takes too long, or too much memory, to tell
   */
  public static boolean has(CharSequence text, Pattern expression) {
    try {
      return expression.matcher(new PatientText(text)).find();
    } catch (StackOverflowError e) { // java.util.regex goes one deeper for each character.
      throw new TooLong("the expression needs too much memory");
    }
  }

  @Override
  public char charAt(int index) {
    if (++looks > MAX_LOOKS) {
      throw new TooLong("the expression takes too long");
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

// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bcrypt, also as others write it. */
class PasswordsTest {
  /** From the test vectors of crypt_blowfish and of OpenBSD's bcrypt. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "U*U, $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "U*U*, $2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
        "U*U*U, $2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        "U*U, $2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "U*U, $2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      })
  void knowsThePassword(String password, String hash) {
    assertTrue(Passwords.isHash(hash));
    assertTrue(Passwords.matches(password, Optional.of(hash)));
    assertFalse(Passwords.matches(password + "!", Optional.of(hash)));
    assertFalse(Passwords.matches("", Optional.of(hash)));
  }

  @Test
  void makesHashesThatDiffer() {
    String one = Passwords.hash("correct horse");
    String other = Passwords.hash("correct horse");

    assertNotEquals(one, other);
    assertTrue(one.startsWith("$2b$10$"), one);
    assertTrue(Passwords.isHash(one));
    assertTrue(Passwords.matches("correct horse", Optional.of(one)));
  }

  @Test
  void nobodyHasAPassword() {
    assertFalse(Passwords.matches("", Optional.empty()));
    assertFalse(Passwords.matches("x", Optional.empty()));
  }

  @Test
  void takesNothingOfWhichBcryptWouldSeeThePart() {
    String hash = Passwords.hash("x".repeat(72));

    assertTrue(Passwords.matches("x".repeat(72), Optional.of(hash)));
    assertFalse(Passwords.matches("x".repeat(73), Optional.of(hash)));
    assertFalse(Passwords.matches("x".repeat(100_000), Optional.of(hash)));
  }

  @Test
  void makesPasswordsThatCanBeTyped() {
    assertTrue(Passwords.random().matches("([a-z2-9]{5}-){3}[a-z2-9]{5}"));
    assertNotEquals(Passwords.random(), Passwords.random());
    assertEquals(23, Passwords.random().length());
  }

  @Test
  void knowsNoHashThatTakesHours() {
    assertFalse(Passwords.isHash("$2b$31$" + "a".repeat(53)));
    assertFalse(Passwords.isHash("$1$abc"));
    assertFalse(Passwords.isHash(""));
  }
}

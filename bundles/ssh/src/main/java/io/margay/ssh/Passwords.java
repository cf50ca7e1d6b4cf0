// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.sshd.common.config.keys.loader.openssh.kdf.BCrypt;

/** Bcrypt hashes of passwords. */
final class Passwords {
  /** Of what is longer, bcrypt would see the beginning only. */
  static final int MAX_BYTES = 72;

  static final int MIN_LENGTH = 10;

  private static final int COST = 10;
  private static final int MAX_COST = 14;
  private static final Pattern HASH = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");
  private static final String ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Nobody's: checked where there is no hash, so that an unknown name takes as long. */
  private static final String NOBODY = hash(random());

  private Passwords() {}

  static boolean isHash(String text) {
    var matcher = HASH.matcher(text);
    return matcher.matches() && Integer.parseInt(matcher.group(1)) <= MAX_COST;
  }

  static String hash(String password) {
    // The library says 2a to what others call 2b since 2014.
    return "$2b" + BCrypt.hashpw(password, BCrypt.gensalt(COST, RANDOM)).substring(3);
  }

  /**
   * Whether this is the password. Takes about 0.1 s, with or without a hash.
   *
   * @param hash empty when there is no such user, or they have no password
   */
  static boolean matches(String password, Optional<String> hash) {
    boolean tooLong = password.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES;
    String known = hash.orElse(NOBODY);
    boolean right = BCrypt.checkpw(tooLong ? "" : password, "$2a" + known.substring(3));
    return right && hash.isPresent() && !tooLong;
  }

  /** A password of 99 bits that can be read aloud. */
  static String random() {
    StringBuilder password = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      password.append(i > 0 && i % 5 == 0 ? "-" : "");
      password.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return password.toString();
  }
}

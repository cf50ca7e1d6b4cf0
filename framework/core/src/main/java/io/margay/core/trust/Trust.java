// SPDX-License-Identifier: Apache-2.0
package io.margay.core.trust;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whose jars may run on this node: those whose signer, or an issuer of the signer's certificate, is
 * in the folder of trusted certificates ({@code *.pem}, {@code *.crt}, read at each check).
 *
 * <p>A jar that says it is signed must be so, whatever is required.
 */
public final class Trust {
  /** What a jar must have. */
  public enum Required {
    /** Nothing: an unsigned jar, or one of an unknown signer, may run. */
    any,
    /** The signature of somebody trusted. */
    signed
  }

  private final Path folder;
  private final Clock clock;

  /**
   * Trust in what a folder has; it need not exist.
   *
   * @param folder such as {@code etc/trust}
   */
  public Trust(Path folder, Clock clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /**
   * Checks a jar. Reads all of it.
   *
   * @return who signed it, if anybody
   * @throws RefusedException it was changed after it was signed, or lacks what is required
   */
  public Optional<Signer> check(Path jar, Required required) throws RefusedException {
    Optional<Signer> signer = SignedJar.signer(jar);
    if (required == Required.signed) {
      if (signer.isEmpty()) {
        throw new RefusedException(
            jar.getFileName()
                + " is not signed (io.margay.bundle.cfg: trust is signed; sign it by jarsigner)");
      }
      checkTrusted(jar, signer.get());
    }
    return signer;
  }

  private void checkTrusted(Path jar, Signer signer) throws RefusedException {
    Set<X509Certificate> trusted = certificates();
    Date now = Date.from(clock.instant());
    String who = jar.getFileName() + " is signed by " + signer.name();
    try {
      for (X509Certificate certificate : signer.chain()) {
        certificate.checkValidity(now);
      }
    } catch (CertificateExpiredException e) {
      throw new RefusedException(who + ", whose certificate has expired", e);
    } catch (CertificateNotYetValidException e) {
      throw new RefusedException(who + ", whose certificate is not valid yet", e);
    }
    if (!trusted.contains(signer.chain().get(0)) && !isIssuedBy(trusted, signer, now)) {
      throw new RefusedException(
          who + ", whom nobody here trusts (put the certificate into " + folder + ")");
    }
  }

  /** RFC 5280 section 6, without revocation: there is no network to ask. */
  private static boolean isIssuedBy(Set<X509Certificate> trusted, Signer signer, Date now) {
    if (trusted.isEmpty()) {
      return false;
    }
    try {
      Set<TrustAnchor> anchors = new HashSet<>();
      trusted.forEach(c -> anchors.add(new TrustAnchor(c, null)));
      // The trusted certificate itself is no part of the way to it.
      List<X509Certificate> way =
          signer.chain().stream().takeWhile(c -> !trusted.contains(c)).toList();
      CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(way);
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(now);
      CertPathValidator.getInstance("PKIX").validate(path, parameters);
      return true;
    } catch (GeneralSecurityException e) {
      return false; // What is wrong with the way is of no use to whom it does not lead anywhere.
    }
  }

  private Set<X509Certificate> certificates() throws RefusedException {
    Set<X509Certificate> found = new HashSet<>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.(pem|crt)")).toList()) {
        found.addAll(certificates(file));
      }
    } catch (IOException e) {
      throw new RefusedException(folder + " cannot be read: " + e.getMessage(), e);
    }
    return found;
  }

  private static Set<X509Certificate> certificates(Path file) throws IOException, RefusedException {
    Set<X509Certificate> found = new HashSet<>();
    try (InputStream in = Files.newInputStream(file)) {
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        found.add((X509Certificate) certificate);
      }
    } catch (CertificateException e) {
      throw new RefusedException(file + " is no X.509 certificate: " + e.getMessage(), e);
    }
    return found;
  }
}

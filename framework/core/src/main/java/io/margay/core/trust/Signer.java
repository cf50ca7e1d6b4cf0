// SPDX-License-Identifier: Apache-2.0
package io.margay.core.trust;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Who signed a jar.
 *
 * @param chain certificates, the signer's first
 */
public record Signer(List<X509Certificate> chain) {
  public Signer {
    chain = List.copyOf(chain);
  }

  /** The subject of the certificate, as RFC 2253 writes it. */
  public String name() {
    return chain.get(0).getSubjectX500Principal().getName();
  }
}

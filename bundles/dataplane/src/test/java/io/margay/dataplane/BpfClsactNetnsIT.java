// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

/** The same programs, attached as in kernels without TCX. */
class BpfClsactNetnsIT extends BpfNetnsIT {
  @Override
  boolean onlyClsact() {
    return true;
  }
}

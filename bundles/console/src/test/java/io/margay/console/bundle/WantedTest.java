// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WantedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(osgi.wiring.package=a.b)                                        | a.b",
        "(&(osgi.wiring.package=a.b)(version>=1.2.0))                     | a.b 1.2.0",
        "(&(osgi.wiring.package=a.b)(version>=1.2.0)(!(version>=2.0.0)))  | a.b [1.2.0,2.0.0)",
        "(other=x)                                                        | (other=x)"
      })
  void readsWhatTheFrameworkMadeOfAnImport(String filter, String text) {
    assertEquals(text, Wanted.of(filter).toString());
  }
}

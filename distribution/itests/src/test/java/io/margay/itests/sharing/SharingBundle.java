// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.sharing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Puts {@link ToldSharing} as a bundle into a copy of the distribution, instead of BGP. */
public final class SharingBundle {
  private static final String COMPONENT =
      """
      <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="told" init="1">
        <service>
          <provide interface="io.margay.api.sharing.RouteSharing"/>
          <provide interface="io.margay.api.console.Command"/>
        </service>
        <reference name="core" interface="io.margay.api.sharing.LearnedRoutes" parameter="0"/>
        <implementation class="io.margay.itests.sharing.ToldSharing"/>
      </scr:component>
      """;

  private SharingBundle() {}

  /** Puts the bundle where that of BGP is: before core. */
  public static void addTo(Path home) throws IOException {
    String told =
        TestBundle.write(
            home,
            ToldSharing.class,
            COMPONENT,
            "io.margay.api.console",
            "io.margay.api.dataplane",
            "io.margay.api.net",
            "io.margay.api.sharing");
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(home.resolve("bundles.lock"))) {
      lines.add(line.contains("bundles/io.margay.bgp-") ? told : line);
    }
    Files.write(home.resolve("bundles.lock"), lines);
    Files.delete(home.resolve("etc/io.margay.bgp.cfg"));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.sharing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Puts {@link ToldSharing} as a bundle into a copy of the distribution, instead of BGP. */
public final class SharingBundle {
  private static final String CLASS = ToldSharing.class.getName().replace('.', '/') + ".class";
  private static final String FILE = "bundles/told-sharing.jar";
  private static final String COMPONENT = "OSGI-INF/told.xml";

  private static final String COMPONENT_XML =
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
    Path jar = home.resolve(FILE);
    write(jar);
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(home.resolve("bundles.lock"))) {
      boolean isBgp = line.contains("bundles/io.margay.bgp-");
      lines.add(isBgp ? sha256(jar) + "  " + FILE : line);
    }
    Files.write(home.resolve("bundles.lock"), lines);
    Files.delete(home.resolve("etc/io.margay.bgp.cfg"));
  }

  private static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", "told-sharing");
    main.putValue("Service-Component", COMPONENT);
    main.putValue(
        "Import-Package",
        "io.margay.api.console,io.margay.api.dataplane,io.margay.api.net,io.margay.api.sharing");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        InputStream code = ToldSharing.class.getClassLoader().getResourceAsStream(CLASS)) {
      out.putNextEntry(new JarEntry(COMPONENT));
      out.write(COMPONENT_XML.getBytes(StandardCharsets.UTF_8));
      out.putNextEntry(new JarEntry(CLASS));
      code.transferTo(out);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }
}

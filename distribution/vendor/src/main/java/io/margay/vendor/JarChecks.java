// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import io.margay.api.dataplane.Grant;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What can be seen of a jar without running it: its manifest, its components, its signature. */
final class JarChecks {
  private static final String OURS = "io.margay.";
  private static final String API = "io.margay.api.";

  /** A package and its attributes, of which we want the version; commas stand within quotes too. */
  private static final Pattern PACKAGE =
      Pattern.compile("([\\w.]+)((?:;[\\w:-]+:?=(?:\"[^\"]*\"|[^;,]*))*)(?:,|$)");

  private static final Pattern VERSION = Pattern.compile(";version=\"?([^\";]*)\"?");

  private final Path file;
  private final Attributes manifest;
  private final Map<String, String> offered;

  /**
   * Checks of a jar.
   *
   * @param offered versions of the API's packages
   */
  JarChecks(Path file, Map<String, String> offered) throws IOException {
    this.file = file;
    this.offered = offered;
    this.manifest = manifest(file).getMainAttributes();
  }

  List<Finding> all() throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(isBundle());
    findings.add(importsTheApiOnly());
    findings.add(runsOnThisApi());
    findings.add(survivesAMinorVersion());
    findings.add(hasOneMode());
    findings.add(declaresWhatItOwns());
    findings.add(signature());
    return findings;
  }

  String symbolicName() {
    return header("Bundle-SymbolicName").split(";")[0].strip();
  }

  String version() {
    return header("Bundle-Version");
  }

  /**
   * What the bundle's modes may own in the kernel.
   *
   * @throws IllegalArgumentException when the manifest's header cannot be read
   */
  Grant grant() {
    String declared = manifest.getValue(Grant.HEADER);
    return declared == null ? Grant.usual(symbolicName()) : Grant.parse(symbolicName(), declared);
  }

  /** The class of the one component that provides a mode. */
  Optional<String> modeClass() throws IOException {
    List<String> classes = new ArrayList<>();
    try (JarFile jar = unverified(file)) {
      for (String path : header("Service-Component").split(",")) {
        JarEntry entry = path.isBlank() ? null : jar.getJarEntry(path.strip());
        if (entry != null) {
          try (InputStream in = jar.getInputStream(entry)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Matcher type = Pattern.compile("<implementation class=\"([^\"]+)\"").matcher(text);
            if (text.contains("\"io.margay.api.mode.RoutingMode\"") && type.find()) {
              classes.add(type.group(1));
            }
          }
        }
      }
    }
    return classes.size() == 1 ? Optional.of(classes.get(0)) : Optional.empty();
  }

  /** The versions of the packages that a jar exports. */
  static Map<String, String> exported(Path jar) throws IOException {
    return versions(manifest(jar).getMainAttributes().getValue("Export-Package"));
  }

  private Finding isBundle() {
    String check = "is a bundle with a name and a version";
    return symbolicName().isEmpty() || version().isEmpty()
        ? Finding.bad(check, "Bundle-SymbolicName or Bundle-Version is missing")
        : Finding.good(check, symbolicName() + " " + version());
  }

  private Finding importsTheApiOnly() {
    String check = "knows no bundle of ours but the API";
    List<String> others =
        imports().keySet().stream()
            .filter(name -> name.startsWith(OURS) && !name.startsWith(API))
            .toList();
    return others.isEmpty()
        ? Finding.good(check, "")
        : Finding.bad(check, "imports " + String.join(", ", others));
  }

  private Finding runsOnThisApi() {
    String check = "runs on the API of this release";
    List<String> problems = new ArrayList<>();
    imports()
        .forEach(
            (name, range) -> {
              if (name.startsWith(API) && !Range.parse(range).includes(offered.get(name))) {
                String has = offered.getOrDefault(name, "nothing");
                problems.add("wants " + name + " " + range + ", and there is " + has);
              }
            });
    return problems.isEmpty()
        ? Finding.good(check, "")
        : Finding.bad(check, String.join("; ", problems));
  }

  /** Else an agent's next release would refuse it, though nothing that it uses has changed. */
  private Finding survivesAMinorVersion() {
    String check = "survives the next minor version of the API";
    List<String> narrow = new ArrayList<>();
    imports()
        .forEach(
            (name, range) -> {
              if (name.startsWith(API) && !Range.parse(range).includes(nextMinor(name))) {
                narrow.add(name + " " + range);
              }
            });
    return narrow.isEmpty()
        ? Finding.good(check, "")
        : Finding.bad(
            check, "imports " + String.join(", ", narrow) + ": it implements what agents provide");
  }

  private String nextMinor(String name) {
    String[] now = offered.getOrDefault(name, "1.0.0").split("\\.");
    return now[0] + "." + (Integer.parseInt(now[1]) + 1) + ".0";
  }

  private Finding hasOneMode() throws IOException {
    String check = "has one component that provides RoutingMode";
    Optional<String> type = modeClass();
    return type.isPresent()
        ? Finding.good(check, type.get())
        : Finding.bad(check, "none, or several, of " + header("Service-Component"));
  }

  private Finding declaresWhatItOwns() {
    String check = "declares what it may own in the kernel, or leaves it at the usual";
    try {
      Grant grant = grant();
      return Finding.good(check, grant.isDeclared() ? grant.toString() : "the usual: " + grant);
    } catch (IllegalArgumentException e) {
      return Finding.bad(check, e.getMessage());
    }
  }

  private Finding signature() {
    String check = "is unsigned, or signed as a whole";
    try (JarFile jar = new JarFile(file.toFile(), true)) {
      boolean isSigned = jar.stream().anyMatch(e -> e.getName().matches("META-INF/[^/]*\\.SF"));
      if (!isSigned) {
        return Finding.good(check, "unsigned");
      }
      String signer = "";
      for (JarEntry entry : jar.stream().filter(e -> !e.isDirectory()).toList()) {
        try (InputStream in = jar.getInputStream(entry)) {
          in.transferTo(OutputStream.nullOutputStream());
        }
        if (!entry.getName().startsWith("META-INF/") && entry.getCodeSigners() == null) {
          return Finding.bad(check, entry.getName() + " is not signed");
        }
        if (entry.getCodeSigners() != null) {
          signer =
              entry.getCodeSigners()[0].getSignerCertPath().getCertificates().get(0)
                      instanceof java.security.cert.X509Certificate certificate
                  ? certificate.getSubjectX500Principal().getName()
                  : "";
        }
      }
      return Finding.good(check, "signed by " + signer);
    } catch (SecurityException | IOException e) {
      return Finding.bad(check, e.getMessage());
    }
  }

  private Map<String, String> imports() {
    return versions(header("Import-Package"));
  }

  private String header(String name) {
    String value = manifest.getValue(name);
    return value == null ? "" : value;
  }

  /** One check judges the signature; the others read a jar that was tampered with, too. */
  private static JarFile unverified(Path file) throws IOException {
    return new JarFile(file.toFile(), false);
  }

  private static Manifest manifest(Path file) throws IOException {
    try (JarFile jar = unverified(file)) {
      Manifest manifest = jar.getManifest();
      return manifest == null ? new Manifest() : manifest;
    }
  }

  private static Map<String, String> versions(String header) {
    Map<String, String> versions = new TreeMap<>();
    Matcher clause = PACKAGE.matcher(header == null ? "" : header);
    while (clause.find()) {
      Matcher version = VERSION.matcher(clause.group(2));
      versions.put(clause.group(1), version.find() ? version.group(1) : "0");
    }
    return versions;
  }
}

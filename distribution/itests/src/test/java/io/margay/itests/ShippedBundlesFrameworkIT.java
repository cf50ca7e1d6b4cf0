// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.Assert.assertEquals;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.options;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.url;

import io.margay.launcher.FrameworkProperties;
import io.margay.launcher.Options;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;

/** Starts exactly the bundles that are shipped, in their order. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ShippedBundlesFrameworkIT {
  /** As the launcher does: they would take the terminal and the output of the process. */
  private static final String NOT_STARTED = "org.apache.felix.gogo.";

  @Inject private BundleContext context;
  @Inject private ServiceComponentRuntime components;

  @Configuration
  public Option[] shippedBundles() throws Exception {
    Path state = Path.of("target", "exam").toAbsolutePath();
    Map<String, String> properties =
        FrameworkProperties.of(
            Options.parse(List.of("--node", "exam", "--state", state.toString())),
            Distribution.HOME);
    Option[] bundles =
        Distribution.bundles().stream()
            .map(bundle -> url(bundle.toUri().toString()).start(isStarted(bundle)))
            .toArray(Option[]::new);
    return options(
        junitBundles(),
        systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("ERROR"),
        systemPackages(properties.get(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA)),
        composite(frameworkProperties(properties)),
        composite(bundles));
  }

  @Test
  public void startsEveryBundle() {
    List<String> notStarted =
        Stream.of(context.getBundles())
            .filter(bundle -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null)
            .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
            .filter(bundle -> !bundle.getSymbolicName().startsWith(NOT_STARTED))
            .map(Bundle::getSymbolicName)
            .toList();

    assertEquals(List.of(), notStarted);
  }

  @Test
  public void satisfiesEveryComponent() {
    List<String> unsatisfied =
        components.getComponentDescriptionDTOs().stream()
            .flatMap(component -> components.getComponentConfigurationDTOs(component).stream())
            .filter(
                component ->
                    component.state != ComponentConfigurationDTO.ACTIVE
                        && component.state != ComponentConfigurationDTO.SATISFIED)
            .map(component -> component.description.name + " " + component.failure)
            .toList();

    assertEquals(List.of(), unsatisfied);
  }

  /** What the launcher sets, but where the framework stores its bundles is for Pax Exam to say. */
  private static Option[] frameworkProperties(Map<String, String> properties) {
    return properties.entrySet().stream()
        .filter(property -> !property.getKey().startsWith("org.osgi.framework."))
        .map(property -> frameworkProperty(property.getKey()).value(property.getValue()))
        .toArray(Option[]::new);
  }

  private static boolean isStarted(Path bundle) {
    return !bundle.getFileName().toString().startsWith(NOT_STARTED);
  }
}

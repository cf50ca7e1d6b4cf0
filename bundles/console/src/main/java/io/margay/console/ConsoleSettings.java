// SPDX-License-Identifier: Apache-2.0
package io.margay.console;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** Configuration of the console. */
@ObjectClassDefinition(name = "Console")
@interface ConsoleSettings {
  @AttributeDefinition(
      description = "Group of this machine whose members may open the console beside root",
      required = false)
  String group() default "";

  @AttributeDefinition(
      description = "What members of the group may do",
      options = {
        @Option(value = "viewer", label = "viewer"),
        @Option(value = "operator", label = "operator"),
        @Option(value = "admin", label = "admin")
      })
  String groupRole() default "admin";
}

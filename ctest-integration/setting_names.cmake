# Written by settings_test from launcher/values/table.def.

# The properties HOLDFAST_<name> that are settings: their values go to the launcher as they are.
macro(_holdfast_setting_names out)
  set(${out} CONTAINMENT IDLE_SLOTS ISOLATION LOCKS NICE ON_LEAK PORTS RETRY SERVICES TIMEOUT UMASK)
endmacro()

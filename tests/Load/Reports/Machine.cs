using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace XcpBroker.Load.Reports;

/// <summary>On what, and against what, it was measured.</summary>
internal static class Machine
{
    /// <summary>One line: processor, kernel, load.</summary>
    internal static string Describe()
    {
        string model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) ?? "unknown processor";
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} CPUs ({model.Split(": ")[^1]}), Linux {Environment.OSVersion.Version}, load average {load}");
    }

    /// <summary>The version that a broker prints, or none when it is not there.</summary>
    internal static string Version(string program)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true })!;
            string line = process.StandardOutput.ReadLine() ?? "";
            process.WaitForExit();
            return $"{program} {line.Split(' ').LastOrDefault(word => word.Length > 0 && char.IsAsciiDigit(word[0]))}";
        }
        catch (Win32Exception)
        {
            return $"no {program}";
        }
    }
}

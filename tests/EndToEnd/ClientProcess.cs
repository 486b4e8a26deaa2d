using System.Diagnostics;
using System.Threading.Channels;

namespace XcpBroker.EndToEnd;

/// <summary>What a program printed, and how it ended.</summary>
internal sealed record ClientResult(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit {ExitCode}\n{Output}{Errors}";
}

/// <summary>A client program of somebody else: started with arguments, watched line by line, ended by its process id.</summary>
internal sealed class ClientProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    // Takes what a killed program had still printed also when nobody waits for it any more: who reads it does so until the end.
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private ClientProcess(string address, string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = address;
        start.Environment["DBUS_STARTER_ADDRESS"] = address;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["PYTHONUNBUFFERED"] = "1";
        start.Environment["SYSTEMD_PAGER"] = "";
        start.Environment["COLUMNS"] = "200";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data, _output);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, _errors);
        _ = _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal int Pid => _process.Id;

    /// <summary>What it has printed so far.</summary>
    internal string Printed => $"{Text(_output)}{Text(_errors)}";

    /// <summary>Starts a program for which the bus is the session's and the starter's.</summary>
    internal static ClientProcess Start(string address, string program, params IEnumerable<string> arguments) =>
        new(address, program, arguments);

    /// <summary>Runs a program to its end.</summary>
    internal static ClientResult Run(string address, string program, params IEnumerable<string> arguments)
    {
        using ClientProcess client = new(address, program, arguments);
        return client.WaitForExit();
    }

    /// <summary>The first line of either stream, not seen so far, that contains the text.</summary>
    /// <exception cref="TimeoutException">It did not come.</exception>
    internal string WaitForLine(string text)
    {
        while (true)
        {
            Task<string> next = _lines.Reader.ReadAsync().AsTask();
            if (!next.Wait(Patience))
            {
                throw new TimeoutException($"{_process.StartInfo.FileName} printed no '{text}' but:\n{Result(-1)}");
            }

            if (next.Result.Contains(text, StringComparison.Ordinal))
            {
                return next.Result;
            }
        }
    }

    /// <exception cref="TimeoutException">It still runs.</exception>
    internal ClientResult WaitForExit() => WaitForExit(Patience);

    /// <summary>For programs that have much to do.</summary>
    /// <exception cref="TimeoutException">It still runs.</exception>
    internal ClientResult WaitForExit(TimeSpan patience)
    {
        if (!_process.WaitForExit(patience))
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} does not end:\n{Result(-1)}");
        }

        _process.WaitForExit();
        return Result(_process.ExitCode);
    }

    /// <summary>Sends it a signal by kill(1).</summary>
    internal void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-s", name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _ = _process.WaitForExit(Patience);
        }

        _process.Dispose();
    }

    private void Take(string? line, List<string> into)
    {
        if (line is not null)
        {
            lock (into)
            {
                into.Add(line);
            }

            _ = _lines.Writer.TryWrite(line);
        }
    }

    private ClientResult Result(int exitCode) => new(exitCode, Text(_output), Text(_errors));

    private static string Text(List<string> lines)
    {
        lock (lines)
        {
            return string.Concat(lines.Select(line => line + "\n"));
        }
    }
}

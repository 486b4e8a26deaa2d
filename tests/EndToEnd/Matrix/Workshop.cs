using System.Diagnostics;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Matrix;

/// <summary>Makes the programs of the matrix from their sources, in a temporary directory.</summary>
internal sealed class Workshop : IDisposable
{
    /// <summary>How long a compiler or npm may take on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly string Sources = Path.Combine(Repository.Root, "tests", "EndToEnd", "Matrix");
    private readonly string _directory = Directory.CreateTempSubdirectory("xcp-matrix-").FullName;
    private readonly Dictionary<string, string[]> _commands = [];

    /// <summary>The interface of every service of the matrix.</summary>
    internal static string InterfaceFile { get; } = Path.Combine(Sources, "org.xen.xcp.Matrix1.xml");

    /// <summary>Where Node finds the addon by which dbus-next passes descriptors, if $NODE_PATH names it.</summary>
    internal string AddonFolder => Path.Combine(_directory, "node-addon");

    /// <exception cref="InvalidOperationException">A program cannot be made; with what the compiler said.</exception>
    internal void MakeAll() => Parallel.ForEach(Library.All, new ParallelOptions { MaxDegreeOfParallelism = 2 }, Make);

    /// <summary>The program of a library, and its first arguments.</summary>
    internal string[] Command(Library library) => _commands[library.Name];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private void Make(Library library)
    {
        string[] command = library.Name switch
        {
            "libdbus" => CompileC(library, "dbus-1"),
            "sd-bus" => CompileC(library, "libsystemd"),
            "gdbus" => CompileC(library, "gio-unix-2.0"),
            "obus" => CompileOCaml(library),
            "node-dbus-next" => InstallNode(library),
            _ => ["/usr/bin/python3", Path.Combine(Sources, library.Name, "matrix.py")],
        };
        lock (_commands)
        {
            _commands.Add(library.Name, command);
        }
    }

    private string[] CompileC(Library library, string package)
    {
        string program = Path.Combine(_directory, library.Name);
        string source = Path.Combine(Sources, library.Name, "matrix.c");
        Run(_directory, $"exec gcc -std=gnu11 -Wall -Wextra -Werror -O1 -o {program} {source} $(pkg-config --cflags --libs {package})");
        return [program];
    }

    /// <remarks>ocamlopt writes its intermediate files beside the source: it gets a copy.</remarks>
    private string[] CompileOCaml(Library library)
    {
        string copy = Copy(library);
        Run(copy, "exec ocamlfind ocamlopt -thread -w +a-4-40..42-44-45-70 -package obus,lwt.unix -linkpkg -o matrix matrix.ml");
        return [Path.Combine(copy, "matrix")];
    }

    /// <remarks>
    /// The lock file pins every package; none of their scripts runs here, and of what they would run for the addon (node-gyp) only the compiler
    /// is needed.
    /// </remarks>
    private string[] InstallNode(Library library)
    {
        string copy = Copy(library);
        Run(copy, "exec npm ci --ignore-scripts --omit=optional --no-audit --no-fund --fetch-retries=5 --cache .npm");
        Run(copy, $"""
            set -e
            mkdir {AddonFolder}
            mv node_modules/usocket {AddonFolder}/
            ln -s {copy}/node_modules {AddonFolder}/usocket/node_modules
            mkdir -p {AddonFolder}/usocket/build/Release
            headers=$(node -p "require('path').resolve(process.execPath, '../../include/node')")
            exec g++ -std=c++17 -O1 -w -shared -fPIC -DNODE_GYP_MODULE_NAME=uwrap -I$headers -Inode_modules/nan \
                -o {AddonFolder}/usocket/build/Release/uwrap.node {AddonFolder}/usocket/src/uwrap.cc
            """);
        return ["node", Path.Combine(copy, "matrix.js")];
    }

    private string Copy(Library library)
    {
        string copy = Directory.CreateDirectory(Path.Combine(_directory, library.Name)).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Sources, library.Name)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    private static void Run(string directory, string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script}\nexit {process.ExitCode}\n{output.Result}{errors.Result}");
        }
    }
}

using XcpBroker.Load.Commands;

try
{
    return args switch
    {
        ["run", ..] => RunCommand.Execute(args.AsSpan(1)),
        ["compare", ..] => CompareCommand.Execute(args.AsSpan(1)),
        ["report", ..] => ReportCommand.Execute(args.AsSpan(1)),
        ["domains", ..] => DomainsCommand.Execute(args.AsSpan(1)),
        _ => Help.Print(),
    };
}
catch (Exception failure) when (failure is ArgumentException or IOException or InvalidOperationException or InvalidDataException
    or NotSupportedException or TimeoutException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

(* org.xen.xcp.storage: the virtual disks (VDIs) of VMs, as a storage driver domain has them. In OCaml, with obus. *)

open Lwt.Syntax
open OBus_value

let interface = "org.xen.xcp.storage"
let path = [ "org"; "xen"; "xcp"; "storage" ]
let vdis = [ "debian-12-root"; "debian-13-root" ]

(* The domain that has a VDI. *)
let attached : (string, int32) Hashtbl.t = Hashtbl.create 8

(* Writes one step of the example to standard error. *)
let log step = Printf.eprintf "%-10s%s\n%!" "storage:" step

let fail error text = Lwt.fail (OBus_error.make (interface ^ ".Error." ^ error) text)

let vdi_attach _ (vdi, domid) =
  match Hashtbl.find_opt attached vdi with
  | _ when not (List.mem vdi vdis) -> fail "UnknownVDI" (Printf.sprintf "no VDI '%s'" vdi)
  | Some user -> fail "VDIInUse" (Printf.sprintf "'%s' is attached to domain %lu" vdi user)
  | None ->
      Hashtbl.add attached vdi domid;
      log (Printf.sprintf "VDI_attach(%s, %lu) -> xvda" vdi domid);
      Lwt.return "xvda"

let vdi_detach _ vdi =
  if Hashtbl.mem attached vdi then (
    Hashtbl.remove attached vdi;
    log (Printf.sprintf "VDI_detach(%s)" vdi);
    Lwt.return_unit)
  else fail "VDINotAttached" (Printf.sprintf "'%s' is attached to no domain" vdi)

(* The members of org.xen.xcp.storage.xml. *)

let arguments types names = OBus_value.arguments ~arg_types:types ~arg_names:(List.map Option.some names)

let m_vdi_attach =
  OBus_member.Method.make ~interface ~member:"VDI_attach"
    ~i_args:(arguments (C.seq2 C.basic_string C.basic_uint32) [ "vdi"; "domid" ])
    ~o_args:(arguments (C.seq1 C.basic_string) [ "device" ])
    ~annotations:[]

let m_vdi_detach =
  OBus_member.Method.make ~interface ~member:"VDI_detach"
    ~i_args:(arguments (C.seq1 C.basic_string) [ "vdi" ])
    ~o_args:(arguments C.seq0 []) ~annotations:[]

let storage =
  let methods = OBus_object.[ method_info m_vdi_attach vdi_attach; method_info m_vdi_detach vdi_detach ] in
  OBus_object.make ~interfaces:[ OBus_object.make_interface ~name:interface ~methods () ] path

(* Serves until the bus is gone. OBus_bus.exit_on_disconnect would end the program within Lwt's loop, and hang there. *)
let serve address =
  let gone, go = Lwt.wait () in
  let* bus = OBus_connection.of_addresses (OBus_address.of_string address) in
  OBus_connection.set_on_disconnect bus (fun _ -> Lwt.wakeup_later go (); Lwt.return_unit);
  let* () = OBus_bus.register_connection bus in
  OBus_object.attach storage ();
  OBus_object.export bus storage;
  let* reply = OBus_bus.request_name bus ~do_not_queue:true interface in
  if reply <> `Primary_owner then failwith (interface ^ " has an owner already");
  gone

let () = Lwt_main.run (serve (Sys.getenv "DBUS_STARTER_ADDRESS"))

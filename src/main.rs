use std::path::PathBuf;
fn main() {
    env_logger::init();
    let a: Vec<String> = std::env::args().collect();
    let r = if a[1] == "train" {
        zscape::train::run(&zscape::train::TrainOptions {
            recipe: PathBuf::from(&a[2]),
            data: PathBuf::from(&a[3]),
            output: PathBuf::from(&a[4]),
            resume: a.len() > 5,
            device: zscape::engine::DeviceChoice::Cpu,
        })
    } else {
        zscape::train::eval::evaluate(
            &zscape::engine::ModelSource::File(PathBuf::from(&a[2])),
            &PathBuf::from(&a[3]),
            zscape::engine::DeviceChoice::Cpu,
        )
        .map(|r| println!("{r}"))
    };
    if let Err(e) = r {
        eprintln!("{e}");
        std::process::exit(2)
    }
}
